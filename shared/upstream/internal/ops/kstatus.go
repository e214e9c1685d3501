package ops

import (
	"encoding/json"

	"penstock.dev/upstream/internal/kstatus"
	"penstock.dev/upstream/internal/wire"
)

type kstatusRequest struct {
	Objects []json.RawMessage `json:"objects"`
}

type kstatusResult struct {
	Judgements []kstatus.Judgement `json:"judgements"` // one for each object
}

// judge tells the states of objects as kstatus computes them.
func judge(_ *Server, m wire.Message) (any, error) {
	var request kstatusRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	result := kstatusResult{make([]kstatus.Judgement, 0, len(request.Objects))}
	for _, object := range request.Objects {
		result.Judgements = append(result.Judgements, kstatus.Judge(object))
	}
	return result, nil
}
