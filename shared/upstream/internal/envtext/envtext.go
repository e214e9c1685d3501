// Package envtext puts variables into a text, line by line, as `flux envsubst` does (fluxcd/pkg envsubst).
package envtext

import (
	"bytes"

	"github.com/fluxcd/pkg/envsubst"
	"penstock.dev/upstream/internal/fault"
)

// longestLine is that of `flux envsubst`: more than an object of Kubernetes on one line.
const longestLine = 2 << 20

// Request is a text and what the variables in it stand for; Most bounds what comes out, in bytes (0: nothing does).
type Request struct {
	Text   []byte            `json:"text"`
	Values map[string][]byte `json:"values"`
	Strict bool              `json:"strict"` // one without a value and without a default is an error
	Most   int64             `json:"most"`
}

// Substitute gives the text with the values in it; each line ends with a line break afterwards.
func Substitute(r Request) ([]byte, error) {
	var out bytes.Buffer
	lines := bytes.Split(r.Text, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	for i, line := range lines {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) >= longestLine {
			return nil, fault.New(fault.Build, "line %d is longer than %d bytes", i+1, longestLine)
		}
		text, err := envsubst.Eval(string(line), r.value)
		if err != nil {
			return nil, fault.New(fault.Build, "line %d: %s", i+1, err)
		}
		if r.Most > 0 && int64(out.Len()+len(text)) > r.Most {
			return nil, fault.Over("build_output_bytes", "the text with its values is larger than %d bytes", r.Most)
		}
		out.WriteString(text)
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

func (r Request) value(name string) (string, bool) {
	value, found := r.Values[name]
	return string(value), found || !r.Strict
}
