package tree

// Store keeps the trees that were used last, so that the builds of one artifact send it once.
type Store struct {
	trees    map[string]*Tree
	order    []string // least recently used first
	maxTrees int
	maxBytes int64
}

// NewStore gives a store that holds at most maxTrees trees and, but for the newest, maxBytes of contents.
func NewStore(maxTrees int, maxBytes int64) *Store {
	return &Store{trees: map[string]*Tree{}, maxTrees: maxTrees, maxBytes: maxBytes}
}

// Put keeps a tree under an id and drops the least recently used ones above the bounds.
func (s *Store) Put(id string, t *Tree) {
	s.trees[id] = t
	s.touch(id)
	for len(s.order) > s.maxTrees {
		s.drop(s.order[0])
	}
}

// Get gives the tree with that id, or nil.
func (s *Store) Get(id string) *Tree {
	t := s.trees[id]
	if t != nil {
		s.touch(id)
	}
	return t
}

// Trim drops trees until their contents fit again; to be called after a build.
func (s *Store) Trim() {
	total := int64(0)
	for _, t := range s.trees {
		total += t.Bytes()
	}
	for len(s.order) > 0 && total > s.maxBytes {
		total -= s.trees[s.order[0]].Bytes()
		s.drop(s.order[0])
	}
}

func (s *Store) touch(id string) {
	for i, known := range s.order {
		if known == id {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	s.order = append(s.order, id)
}

func (s *Store) drop(id string) {
	delete(s.trees, id)
	s.order = s.order[1:]
}
