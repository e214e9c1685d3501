package ops

import (
	"encoding/json"
	"fmt"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
)

// fetchFor gives a build the contents it lacks: a question "need" with paths goes out in the middle of the
// request, and the answer's "sizes" cut its blob into the contents.
func (s *Server) fetchFor(id int64) tree.Fetch {
	return func(files []string) ([][]byte, error) {
		if err := s.conn.Write(map[string]any{"id": id, "need": files}); err != nil {
			return nil, err
		}
		m, err := s.conn.Read()
		if err != nil {
			return nil, err
		}
		var answer struct {
			Sizes   []int64 `json:"sizes"`
			Refused string  `json:"refused"`
		}
		if err := json.Unmarshal(m.Head, &answer); err != nil {
			return nil, err
		}
		if answer.Refused != "" {
			return nil, fault.New(fault.Limit, "%s", answer.Refused)
		}
		return cut(m.Blob, answer.Sizes, len(files))
	}
}

func cut(blob []byte, sizes []int64, count int) ([][]byte, error) {
	if len(sizes) != count {
		return nil, fmt.Errorf("%d contents came for %d files", len(sizes), count)
	}
	contents := make([][]byte, count)
	for i, size := range sizes {
		if size < 0 || size > int64(len(blob)) {
			return nil, fmt.Errorf("contents are shorter than their sizes say")
		}
		contents[i], blob = blob[:size:size], blob[size:]
	}
	return contents, nil
}
