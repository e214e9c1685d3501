package ops

import (
	"penstock.dev/upstream/internal/semver"
	"penstock.dev/upstream/internal/wire"
)

type semverRequest struct {
	Range    string           `json:"range"`
	Versions []string         `json:"versions"`
	Times    map[string]int64 `json:"times"` // version to the seconds of its commit, to tell equals apart
}

type semverResult struct {
	Chosen string   `json:"chosen"` // "" where nothing matches
	Equals []string `json:"equals"` // all that stand as high as the chosen one, itself included
}

func chooseVersion(_ *Server, m wire.Message) (any, error) {
	var request semverRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	equals, err := semver.Highest(request.Range, request.Versions, request.Times)
	if err != nil {
		return nil, err
	}
	result := semverResult{Equals: equals}
	if len(equals) > 0 {
		result.Chosen = equals[len(equals)-1]
	}
	return result, nil
}
