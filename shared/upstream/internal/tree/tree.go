// Package tree holds artifacts in memory and shows them to kustomize as a file system of its own:
// nothing outside of the tree can be named, and everything that is looked at is written down.
package tree

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Kind says what is at a path.
type Kind int

// The kinds of a path.
const (
	None Kind = iota
	File
	Dir
)

// Tree is the listing of one artifact, with the file contents that were asked for so far.
type Tree struct {
	files map[string][]byte // nil content: not fetched yet
	dirs  map[string][]string
	bytes int64
}

// New makes a tree of relative slash paths; a path that ends in "/" is a folder. It refuses paths that
// are not clean, and a file that is also a folder.
func New(paths []string) (*Tree, error) {
	t := &Tree{files: make(map[string][]byte, len(paths)), dirs: map[string][]string{"": nil}}
	for _, p := range paths {
		name := strings.TrimSuffix(p, "/")
		if !isClean(name) {
			return nil, fmt.Errorf("path %q is not a clean relative path", p)
		}
		if name != p {
			t.addDir(name)
			continue
		}
		t.files[name] = nil
		t.addDir(parent(name))
	}
	return t, t.index()
}

func isClean(p string) bool {
	return p != "" && p != "." && p == path.Clean(p) && p[0] != '/' && p != ".." && !strings.HasPrefix(p, "../")
}

func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

func (t *Tree) addDir(dir string) {
	for {
		if _, known := t.dirs[dir]; known {
			return
		}
		t.dirs[dir] = nil
		dir = parent(dir)
	}
}

// index fills the folders with the names of their entries, in byte order.
func (t *Tree) index() error {
	for dir := range t.dirs {
		if dir == "" {
			continue
		}
		if _, clash := t.files[dir]; clash {
			return fmt.Errorf("path %q is both a file and a folder", dir)
		}
		t.dirs[parent(dir)] = append(t.dirs[parent(dir)], path.Base(dir))
	}
	for file := range t.files {
		t.dirs[parent(file)] = append(t.dirs[parent(file)], path.Base(file))
	}
	for _, names := range t.dirs {
		slices.Sort(names)
	}
	return nil
}

// Kind says what is at a clean relative path; "" is the root.
func (t *Tree) Kind(p string) Kind {
	if _, ok := t.files[p]; ok {
		return File
	}
	if _, ok := t.dirs[p]; ok {
		return Dir
	}
	return None
}

// Names gives the entries of a folder in byte order.
func (t *Tree) Names(dir string) []string { return t.dirs[dir] }

// Fetched says whether the content of a file is here already.
func (t *Tree) Fetched(file string) bool { return t.files[file] != nil }

// put keeps a fetched content; an empty file is kept as an empty, not nil, slice.
func (t *Tree) put(file string, data []byte) {
	if data == nil {
		data = []byte{}
	}
	t.bytes += int64(len(data)) - int64(len(t.files[file]))
	t.files[file] = data
}

// Bytes is the size of all contents that are here.
func (t *Tree) Bytes() int64 { return t.bytes }
