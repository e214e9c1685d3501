package tree

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/limits"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Root is where the artifact lies in the file system that kustomize sees. It is not "/", so that a path that
// climbs out of the artifact is seen to leave it.
const Root = "/penstock-artifact-root"

// Fetch asks penstock for the contents of files; an absent file is an error.
type Fetch func(files []string) ([][]byte, error)

// FS shows one tree to one build. Every look is recorded, every path is confined to the tree, nothing can
// be written. The first fatal fault sticks and ends the build: kustomize itself would try other readings.
type FS struct {
	tree   *Tree
	over   map[string][]byte
	fetch  Fetch
	limits limits.Limits
	rec    recorder
	fault  *fault.Fault

	bytes          int64
	reads          int
	kustomizations int
	checked        map[string]bool
}

var _ filesys.FileSystem = (*FS)(nil)

// NewFS gives the file system of one build.
func NewFS(t *Tree, fetch Fetch, l limits.Limits) *FS {
	return &FS{tree: t, over: map[string][]byte{}, fetch: fetch, limits: l,
		rec: newRecorder(), checked: map[string]bool{}}
}

// Overlay puts a file of ours into the tree, for this build only. Reading it is not recorded.
func (fs *FS) Overlay(file string, data []byte) { fs.over[file] = data }

// Reads gives what was looked at so far.
func (fs *FS) Reads() Reads { return fs.rec.reads() }

// Fault gives the fault that ended the build, or nil.
func (fs *FS) Fault() *fault.Fault { return fs.fault }

// Fail makes a fault stick, if it is the first, and gives the one that does.
func (fs *FS) Fail(f *fault.Fault) *fault.Fault {
	if fs.fault == nil {
		fs.fault = f
	}
	return fs.fault
}

// Abs gives the path of a file of the tree as kustomize sees it.
func Abs(rel string) string { return path.Join(Root, rel) }

// Rel gives the path within the tree, and false if it lies outside of it.
func Rel(p string) (string, bool) {
	p = path.Clean(p)
	if p == Root {
		return "", true
	}
	return strings.CutPrefix(p, Root+"/")
}

// outside makes the fault of a path that leaves the artifact.
func (fs *FS) outside(p string) error {
	if shown, err := filepath.Rel(Root, p); err == nil {
		p = shown
	}
	return fs.Fail(fault.New(fault.Build, "path %q is outside of the artifact", p))
}

// kind says what is at a path, without recording it.
func (fs *FS) kind(rel string) Kind {
	if _, ok := fs.over[rel]; ok {
		return File
	}
	return fs.tree.Kind(rel)
}

// look says what is at a path, and records it unless it is a file of ours.
func (fs *FS) look(rel string) Kind {
	if _, ok := fs.over[rel]; ok {
		return File
	}
	kind := fs.tree.Kind(rel)
	fs.rec.probed(rel, kind)
	return kind
}

// Exists is true for a file or a folder of the tree.
func (fs *FS) Exists(p string) bool {
	rel, inside := Rel(p)
	return inside && fs.look(rel) != None
}

// IsDir is true for a folder of the tree.
func (fs *FS) IsDir(p string) bool {
	rel, inside := Rel(p)
	return inside && fs.look(rel) == Dir
}

// CleanedAbs splits a path into a folder and, where it is a file, the file's name.
func (fs *FS) CleanedAbs(p string) (filesys.ConfirmedDir, string, error) {
	rel, inside := Rel(p)
	if !inside {
		return "", "", fs.outside(p)
	}
	if fs.fault != nil {
		return "", "", fs.fault
	}
	switch fs.look(rel) {
	case Dir:
		return filesys.ConfirmedDir(Abs(rel)), "", nil
	case File:
		return filesys.ConfirmedDir(Abs(parent(rel))), path.Base(rel), nil
	default:
		return "", "", &os.PathError{Op: "stat", Path: p, Err: syscall.ENOENT}
	}
}

// ReadFile gives the content of a file.
func (fs *FS) ReadFile(p string) ([]byte, error) {
	rel, inside := Rel(p)
	if !inside {
		return nil, fs.outside(p)
	}
	if fs.fault != nil {
		return nil, fs.fault
	}
	switch fs.look(rel) {
	case Dir:
		return nil, &os.PathError{Op: "read", Path: p, Err: syscall.EISDIR}
	case None:
		return nil, &os.PathError{Op: "open", Path: p, Err: syscall.ENOENT}
	}
	data, err := fs.content(rel)
	if err != nil {
		return nil, err
	}
	if err := fs.spend(rel, data); err != nil {
		return nil, err
	}
	return bytes.Clone(data), nil
}

// content gives the bytes of a file that exists, fetching them if need be; not recorded.
func (fs *FS) content(rel string) ([]byte, error) {
	if data, ok := fs.over[rel]; ok {
		return data, nil
	}
	if !fs.tree.Fetched(rel) {
		if err := fs.Prefetch([]string{rel}); err != nil {
			return nil, err
		}
	}
	return fs.tree.files[rel], nil
}
