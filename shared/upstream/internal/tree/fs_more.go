package tree

import (
	"bytes"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

var errReadOnly = errors.New("the artifact is read-only")

// Create is refused.
func (fs *FS) Create(string) (filesys.File, error) { return nil, errReadOnly }

// Mkdir is refused.
func (fs *FS) Mkdir(string) error { return errReadOnly }

// MkdirAll is refused.
func (fs *FS) MkdirAll(string) error { return errReadOnly }

// RemoveAll is refused.
func (fs *FS) RemoveAll(string) error { return errReadOnly }

// WriteFile is refused.
func (fs *FS) WriteFile(string, []byte) error { return errReadOnly }

// Open gives a file to read from.
func (fs *FS) Open(p string) (filesys.File, error) {
	data, err := fs.ReadFile(p)
	if err != nil {
		return nil, err
	}
	return &openFile{Reader: bytes.NewReader(data), info: info{name: path.Base(p), size: int64(len(data))}}, nil
}

// ReadDir gives the names in a folder, in byte order.
func (fs *FS) ReadDir(p string) ([]string, error) {
	rel, inside := Rel(p)
	if !inside {
		return nil, fs.outside(p)
	}
	if fs.look(rel) != Dir {
		return nil, &os.PathError{Op: "open", Path: p, Err: syscall.ENOTDIR}
	}
	fs.rec.listed[rel] = true
	names := slices.Clone(fs.tree.Names(rel))
	for file := range fs.over {
		if parent(file) == rel && !slices.Contains(names, path.Base(file)) {
			names = append(names, path.Base(file))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Glob gives the paths that match a pattern, whose last element only may hold wildcards.
func (fs *FS) Glob(pattern string) ([]string, error) {
	dir := path.Dir(pattern)
	if _, err := path.Match(path.Base(pattern), ""); err != nil {
		return nil, err
	}
	names, err := fs.ReadDir(dir)
	if err != nil {
		return nil, nil
	}
	var found []string
	for _, name := range names {
		if ok, _ := path.Match(path.Base(pattern), name); ok {
			found = append(found, path.Join(dir, name))
		}
	}
	return found, nil
}

// Walk visits a path and all below it, a folder before its entries, entries in byte order.
func (fs *FS) Walk(p string, visit filepath.WalkFunc) error {
	rel, inside := Rel(p)
	if !inside {
		return fs.outside(p)
	}
	kind := fs.look(rel)
	if kind == None {
		return visit(p, nil, &os.PathError{Op: "lstat", Path: p, Err: syscall.ENOENT})
	}
	err := visit(p, info{name: path.Base(p), dir: kind == Dir}, nil)
	if err != nil || kind != Dir {
		return skipped(err)
	}
	names, err := fs.ReadDir(p)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := fs.Walk(path.Join(p, name), visit); err != nil {
			return err
		}
	}
	return nil
}

func skipped(err error) error {
	if errors.Is(err, filepath.SkipDir) {
		return nil
	}
	return err
}
