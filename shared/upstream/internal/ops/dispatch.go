// Package ops is what penstock can ask for: one file per operation, one table that names them all.
package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
	"penstock.dev/upstream/internal/wire"
)

// operation answers one request; a failure that is no *fault.Fault is a bug.
type operation func(s *Server, m wire.Message) (any, error)

var operations = map[string]operation{
	"version":  version,
	"semver":   chooseVersion,
	"tree":     putTree,
	"build":    build,
	"overlay":  overlay,
	"holds":    holds,
	"health":   health,
	"select":   selectObjects,
	"kstatus":  judge,
	"envsubst": substituteText,
}

// Server answers requests one after the other: kustomize's state is one per process.
type Server struct {
	conn    *wire.Conn
	trees   *tree.Store
	sandbox string
}

// NewServer gives a server on a connection; sandbox is what "version" says of the kernel's part.
func NewServer(conn *wire.Conn, trees *tree.Store, sandbox string) *Server {
	return &Server{conn: conn, trees: trees, sandbox: sandbox}
}

type response struct {
	ID    int64    `json:"id"`
	OK    any      `json:"ok,omitempty"`
	Error *failure `json:"error,omitempty"`
}

type failure struct {
	Code  fault.Code  `json:"code"`
	Text  string      `json:"text"`
	Reads *tree.Reads `json:"reads,omitempty"`
}

// withReads is a failure of a build, with all that was looked at until then.
type withReads struct {
	error
	reads tree.Reads
}

// Serve answers until the other side closes; an error is one of the connection, after which nothing holds.
func (s *Server) Serve() error {
	for {
		m, err := s.conn.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.conn.Write(s.answer(m)); err != nil {
			return err
		}
	}
}

func (s *Server) answer(m wire.Message) response {
	var request struct {
		ID int64  `json:"id"`
		Op string `json:"op"`
	}
	if err := json.Unmarshal(m.Head, &request); err != nil {
		return response{Error: &failure{Code: fault.Request, Text: "request without a proper id and op"}}
	}
	result, err := s.perform(request.Op, m)
	if err != nil {
		return response{ID: request.ID, Error: asFailure(err)}
	}
	return response{ID: request.ID, OK: result}
}

func (s *Server) perform(op string, m wire.Message) (result any, err error) {
	defer func() {
		if v := recover(); v != nil {
			result, err = nil, fault.New(fault.Build, "panic in %q (%T)", op, v)
		}
	}()
	perform, known := operations[op]
	if !known {
		return nil, fault.New(fault.Request, "unknown operation %q", op)
	}
	return perform(s, m)
}

func asFailure(err error) *failure {
	f := failure{Code: fault.Request, Text: err.Error()}
	var known *fault.Fault
	if errors.As(err, &known) {
		f.Code, f.Text = known.Code, known.Text
	}
	var read withReads
	if errors.As(err, &read) {
		f.Reads = &read.reads
	}
	return &f
}

func (w withReads) Unwrap() error { return w.error }

func decode(m wire.Message, into any) error {
	if err := json.Unmarshal(m.Head, into); err != nil {
		return fault.New(fault.Request, "request has a field of the wrong type: %v", fmt.Sprintf("%T", err))
	}
	return nil
}
