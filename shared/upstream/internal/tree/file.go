package tree

import (
	"bytes"
	"io/fs"
	"os"
	"time"
)

// openFile is a file of the tree that was opened for reading.
type openFile struct {
	*bytes.Reader
	info info
}

func (f *openFile) Write([]byte) (int, error)  { return 0, errReadOnly }
func (f *openFile) Close() error               { return nil }
func (f *openFile) Stat() (os.FileInfo, error) { return f.info, nil }

// info is what is known of a path of the tree.
type info struct {
	name string
	size int64
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) IsDir() bool        { return i.dir }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
