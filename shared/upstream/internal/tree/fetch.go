package tree

import (
	"errors"
	"path"
	"slices"

	"penstock.dev/upstream/internal/fault"
	"sigs.k8s.io/kustomize/api/konfig"
)

// Prefetch brings the contents of those files that exist and are not here yet, in one exchange. Nothing is
// recorded: to have a file is not to have looked at it.
func (fs *FS) Prefetch(files []string) error {
	var wanted []string
	for _, file := range files {
		if fs.tree.Kind(file) == File && !fs.tree.Fetched(file) {
			wanted = append(wanted, file)
		}
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	if len(wanted) == 0 {
		return nil
	}
	contents, err := fs.fetch(wanted)
	if err != nil {
		var f *fault.Fault
		if errors.As(err, &f) {
			return fs.Fail(f)
		}
		return fs.Fail(fault.New(fault.Request, "files could not be fetched: %v", err))
	}
	for i, data := range contents {
		fs.tree.put(wanted[i], data)
	}
	return nil
}

// Peek gives the content of a file without recording it, for looking ahead; nil if there is none.
func (fs *FS) Peek(rel string) []byte {
	if fs.kind(rel) != File {
		return nil
	}
	data, err := fs.content(rel)
	if err != nil {
		return nil
	}
	return data
}

// PeekKind says what is at a path without recording it.
func (fs *FS) PeekKind(rel string) Kind { return fs.kind(rel) }

// Under gives the files below a folder that are not here yet and that keep accepts, for Prefetch.
func (fs *FS) Under(dir string, keep func(rel string) bool) []string {
	var files []string
	for _, name := range fs.tree.Names(dir) {
		rel := path.Join(dir, name)
		switch {
		case fs.tree.Kind(rel) == Dir:
			files = append(files, fs.Under(rel, keep)...)
		case keep(rel):
			files = append(files, rel)
		}
	}
	return files
}

// spend counts a read against the limits and checks a file's YAML the first time.
func (fs *FS) spend(rel string, data []byte) error {
	fs.reads++
	fs.bytes += int64(len(data))
	if slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(rel)) {
		fs.kustomizations++
	}
	l := fs.limits
	switch {
	case l.Reads > 0 && fs.reads > l.Reads:
		return fs.Fail(fault.Over("build_reads", "the build reads files more than %d times", l.Reads))
	case l.InputBytes > 0 && fs.bytes > l.InputBytes:
		return fs.Fail(fault.Over("build_input_bytes", "the build reads more than %d bytes", l.InputBytes))
	case l.Kustomizations > 0 && fs.kustomizations > l.Kustomizations:
		return fs.Fail(fault.Over("build_kustomizations",
			"the build loads kustomizations more than %d times: bases refer to each other too often", l.Kustomizations))
	}
	if fs.checked[rel] {
		return nil
	}
	fs.checked[rel] = true
	if err := l.CheckYAML(data); err != nil {
		return fs.Fail(fault.New(fault.Limit, "%s: %v", rel, err))
	}
	return nil
}
