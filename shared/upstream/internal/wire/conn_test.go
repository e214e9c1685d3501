package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func frame(head, blob string) string {
	return string([]byte{0, 0, byte(len(head) >> 8), byte(len(head))}) + head + blob
}

func TestMessagesComeOneAfterTheOther(t *testing.T) {
	conn := New(strings.NewReader(frame(`{"a":1,"blob":3}`, "xyz")+frame(`{}`, "")), io.Discard, 100)
	first, err := conn.Read()
	if err != nil || string(first.Blob) != "xyz" || string(first.Head) != `{"a":1,"blob":3}` {
		t.Errorf("first: %q %q %v", first.Head, first.Blob, err)
	}
	if second, err := conn.Read(); err != nil || len(second.Blob) != 0 {
		t.Errorf("second: %q %v", second.Blob, err)
	}
	if _, err := conn.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestWhatIsCutOrTooLargeOrNoJSONIsAnError(t *testing.T) {
	whole := frame(`{"blob":3}`, "xyz")
	for size := 1; size < len(whole); size++ {
		_, err := New(strings.NewReader(whole[:size]), io.Discard, 100).Read()
		if err == nil || errors.Is(err, io.EOF) && size > 4 {
			t.Errorf("cut at %d: %v", size, err)
		}
	}
	for _, text := range []string{frame(`{"blob":-1}`, ""), frame(`{"blob":101}`, ""), frame(`[]`, ""), "\xff\xff\xff\xff"} {
		if _, err := New(strings.NewReader(text), io.Discard, 100).Read(); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	var out bytes.Buffer
	if err := New(nil, &out, 100).Write(map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	m, err := New(&out, io.Discard, 100).Read()
	if err != nil || string(m.Head) != `{"k":"v"}` {
		t.Errorf("%q %v", m.Head, err)
	}
	if err := New(nil, &out, 3).Write("too long"); err == nil {
		t.Error("an answer above the limit was written")
	}
}
