package tree

import "slices"

// Reads is everything that a build looked at; its result can only change if one of these does.
type Reads struct {
	Files       []string `json:"files_read"`  // contents that were read, or files that were found to exist
	Absent      []string `json:"absent"`      // paths where nothing was
	Listed      []string `json:"listed"`      // folders whose entries were read
	Directories []string `json:"directories"` // paths that were found to be folders
}

type recorder struct {
	files, absent, listed, directories map[string]bool
}

func newRecorder() recorder {
	return recorder{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func (r recorder) probed(p string, kind Kind) {
	switch kind {
	case File:
		r.files[p] = true
	case Dir:
		r.directories[p] = true
	default:
		r.absent[p] = true
	}
}

func (r recorder) reads() Reads {
	return Reads{sorted(r.files), sorted(r.absent), sorted(r.listed), sorted(r.directories)}
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for p := range set {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}
