package ops

import (
	"penstock.dev/upstream/internal/selector"
	"penstock.dev/upstream/internal/wire"
)

type selectRequest struct {
	Targets []selector.Target `json:"targets"`
	Objects []selector.Object `json:"objects"`
}

type selectResult struct {
	Matches [][]int `json:"matches"` // for each object the indexes of the targets that select it
}

func selectObjects(_ *Server, m wire.Message) (any, error) {
	var request selectRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	matches, err := selector.Matches(request.Targets, request.Objects)
	if err != nil {
		return nil, err
	}
	return selectResult{Matches: matches}, nil
}
