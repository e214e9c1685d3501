package tree

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/limits"
)

// newFS gives a file system whose files hold their own names.
func newFS(t *testing.T, l limits.Limits, paths ...string) *FS {
	t.Helper()
	tree, err := New(paths)
	if err != nil {
		t.Fatal(err)
	}
	return NewFS(tree, func(files []string) ([][]byte, error) {
		var contents [][]byte
		for _, file := range files {
			contents = append(contents, []byte(file))
		}
		return contents, nil
	}, l)
}

func TestNothingOutsideOfTheTreeCanBeNamed(t *testing.T) {
	for _, p := range []string{"/etc/passwd", Root + "/../etc", "a", "", "../x", Root + "x/a", "/"} {
		fs := newFS(t, limits.Limits{}, "a", "etc/passwd")
		if fs.Exists(p) || fs.IsDir(p) {
			t.Errorf("%q is there", p)
		}
		if _, err := fs.ReadFile(p); err == nil {
			t.Errorf("%q was read", p)
		}
		if _, _, err := fs.CleanedAbs(p); err == nil {
			t.Errorf("%q was resolved", p)
		}
		if fs.Fault() == nil {
			t.Errorf("%q left no fault", p)
		}
	}
}

func TestTheFirstFaultSticks(t *testing.T) {
	fs := newFS(t, limits.Limits{}, "a")
	_, _ = fs.ReadFile("/etc/passwd")
	var f *fault.Fault
	if _, err := fs.ReadFile(Abs("a")); !errors.As(err, &f) || f != fs.Fault() {
		t.Errorf("reading on gave %v", err)
	}
}

func TestEveryLookIsRecorded(t *testing.T) {
	fs := newFS(t, limits.Limits{}, "d/a", "d/b", "e/c")
	_, _ = fs.ReadFile(Abs("d/a"))
	fs.Exists(Abs("d/none"))
	fs.IsDir(Abs("e"))
	_, _ = fs.ReadFile(Abs("d"))
	_, _ = fs.ReadDir(Abs("d"))
	want := Reads{Files: []string{"d/a"}, Absent: []string{"d/none"}, Listed: []string{"d"}, Directories: []string{"d", "e"}}
	if got := fs.Reads(); !slices.Equal(got.Files, want.Files) || !slices.Equal(got.Absent, want.Absent) ||
		!slices.Equal(got.Listed, want.Listed) || !slices.Equal(got.Directories, want.Directories) {
		t.Errorf("recorded %+v, not %+v", got, want)
	}
}

func TestLookingAheadIsNotRecorded(t *testing.T) {
	fs := newFS(t, limits.Limits{}, "a", "b")
	fs.Overlay("ours", []byte("x"))
	if err := fs.Prefetch([]string{"a", "b", "none"}); err != nil {
		t.Fatal(err)
	}
	fs.Peek("a")
	fs.PeekKind("c")
	_, _ = fs.ReadFile(Abs("ours"))
	if got := fs.Reads(); len(got.Files)+len(got.Absent)+len(got.Directories) != 0 {
		t.Errorf("recorded %+v", got)
	}
}

func TestContentsAreFetchedOnceAndGivenAsCopies(t *testing.T) {
	fs := newFS(t, limits.Limits{}, "a")
	first, _ := fs.ReadFile(Abs("a"))
	first[0] = 'X'
	if second, _ := fs.ReadFile(Abs("a")); string(second) != "a" {
		t.Errorf("a file holds %q", second)
	}
}

func TestEachLimitEndsTheBuild(t *testing.T) {
	for name, l := range map[string]limits.Limits{
		"reads": {Reads: 1}, "bytes": {InputBytes: 20}, "kustomizations": {Kustomizations: 1},
	} {
		fs := newFS(t, l, "kustomization.yaml")
		if _, err := fs.ReadFile(Abs("kustomization.yaml")); err != nil {
			t.Errorf("%s: the first read gave %v", name, err)
		}
		if _, err := fs.ReadFile(Abs("kustomization.yaml")); err == nil || fs.Fault().Code != fault.Limit {
			t.Errorf("%s: the second read gave %v", name, err)
		}
	}
}

func TestAWalkVisitsFoldersFirstAndEntriesInOrder(t *testing.T) {
	tree := newFS(t, limits.Limits{}, "d/b", "d/a/x", "d/skip/y", "other")
	var seen []string
	err := tree.Walk(Abs("d"), func(p string, info fs.FileInfo, err error) error {
		rel, _ := Rel(p)
		seen = append(seen, rel)
		if info.Name() == "skip" {
			return filepath.SkipDir
		}
		return err
	})
	if want := []string{"d", "d/a", "d/a/x", "d/b", "d/skip"}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("visited %q (%v), not %q", seen, err, want)
	}
}

func TestAFileCanBeOpenedAndAPatternResolved(t *testing.T) {
	tree := newFS(t, limits.Limits{}, "d/a.yaml", "d/b.txt")
	file, err := tree.Open(Abs("d/a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(file); string(data) != "d/a.yaml" {
		t.Errorf("read %q", data)
	}
	if found, err := tree.Glob(Abs("d/*.yaml")); err != nil || !slices.Equal(found, []string{Abs("d/a.yaml")}) {
		t.Errorf("found %q (%v)", found, err)
	}
}

func TestNothingCanBeWritten(t *testing.T) {
	fs := newFS(t, limits.Limits{}, "a")
	_, created := fs.Create(Abs("b"))
	for _, err := range []error{created, fs.Mkdir(Abs("b")), fs.MkdirAll(Abs("b")), fs.RemoveAll(Abs("a")), fs.WriteFile(Abs("a"), nil)} {
		if err == nil {
			t.Error("a write was taken")
		}
	}
}
