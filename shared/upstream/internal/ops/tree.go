package ops

import (
	"strings"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
	"penstock.dev/upstream/internal/wire"
)

type treeRequest struct {
	Tree string `json:"tree"` // the id by which builds will name it
}

// putTree takes the listing of an artifact: the blob holds its paths, each followed by a NUL. Contents are
// asked for when a build needs them.
func putTree(s *Server, m wire.Message) (any, error) {
	var request treeRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	paths := strings.Split(strings.TrimSuffix(string(m.Blob), "\x00"), "\x00")
	if len(m.Blob) == 0 {
		paths = nil
	}
	t, err := tree.New(paths)
	if err != nil {
		return nil, fault.New(fault.Build, "artifact: %v", err)
	}
	s.trees.Put(request.Tree, t)
	return struct{}{}, nil
}
