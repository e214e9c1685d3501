package ops

import (
	"penstock.dev/upstream/internal/envtext"
	"penstock.dev/upstream/internal/wire"
)

type envsubstResult struct {
	Text []byte `json:"text"`
}

// substituteText puts variables into a text that is no manifest of a build.
func substituteText(_ *Server, m wire.Message) (any, error) {
	var request envtext.Request
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	text, err := envtext.Substitute(request)
	if err != nil {
		return nil, err
	}
	return envsubstResult{text}, nil
}
