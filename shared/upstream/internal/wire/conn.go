// Package wire is the framing between penstock and this process.
//
// A message is four bytes of length (big endian), that many bytes of JSON, and, where the JSON object
// has a number "blob", that many raw bytes after it. File contents travel as blobs, never inside JSON.
package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Message is one frame: its JSON object, undecoded, and the raw bytes that followed it.
type Message struct {
	Head json.RawMessage
	Blob []byte
}

// Conn reads and writes messages; it is used by one goroutine.
type Conn struct {
	in  *bufio.Reader
	out *bufio.Writer
	max int64
}

// New gives a connection that refuses to read a frame or a blob above max bytes.
func New(in io.Reader, out io.Writer, max int64) *Conn {
	return &Conn{in: bufio.NewReaderSize(in, 1<<16), out: bufio.NewWriterSize(out, 1<<16), max: max}
}

// Read gives the next message; io.EOF where the other side has closed between two messages.
func (c *Conn) Read() (Message, error) {
	var size [4]byte
	if _, err := io.ReadFull(c.in, size[:]); err != nil {
		return Message{}, err
	}
	head, err := c.take(int64(binary.BigEndian.Uint32(size[:])))
	if err != nil {
		return Message{}, err
	}
	var envelope struct {
		Blob int64 `json:"blob"`
	}
	if err := json.Unmarshal(head, &envelope); err != nil {
		return Message{}, errors.New("frame is not a JSON object")
	}
	blob, err := c.take(envelope.Blob)
	return Message{Head: head, Blob: blob}, err
}

func (c *Conn) take(size int64) ([]byte, error) {
	if size < 0 || size > c.max {
		return nil, fmt.Errorf("frame of %d bytes is above the limit of %d", size, c.max)
	}
	data := make([]byte, size)
	_, err := io.ReadFull(c.in, data)
	if errors.Is(err, io.EOF) && size > 0 {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

// Write sends one message without a blob and flushes it.
func (c *Conn) Write(value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if int64(len(data)) > c.max {
		return fmt.Errorf("answer of %d bytes is above the limit of %d", len(data), c.max)
	}
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(data)))
	if _, err := c.out.Write(size[:]); err != nil {
		return err
	}
	if _, err := c.out.Write(data); err != nil {
		return err
	}
	return c.out.Flush()
}
