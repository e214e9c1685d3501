package tree

import (
	"slices"
	"testing"
)

func TestPathsThatAreNotCleanAreRefused(t *testing.T) {
	for _, p := range []string{"", "/", "/a", "a//b", "./a", "a/.", "..", "../a", "a/../b", "a/", "//"} {
		if p == "a/" {
			continue // a folder
		}
		if _, err := New([]string{p}); err == nil {
			t.Errorf("%q was taken", p)
		}
	}
}

func TestAFileCannotBeAFolderToo(t *testing.T) {
	for _, paths := range [][]string{{"a", "a/b"}, {"a/b", "a"}, {"a", "a/"}} {
		if _, err := New(paths); err == nil {
			t.Errorf("%q were taken", paths)
		}
	}
}

func TestFoldersKnowTheirEntriesInByteOrder(t *testing.T) {
	tree, err := New([]string{"b/z", "a", "b/a/x", "empty/", "b/B"})
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string][]string{
		"": {"a", "b", "empty"}, "b": {"B", "a", "z"}, "b/a": {"x"}, "empty": {}, "nowhere": {},
	} {
		if got := tree.Names(dir); !slices.Equal(got, want) {
			t.Errorf("%q holds %q, not %q", dir, got, want)
		}
	}
	for path, want := range map[string]Kind{"": Dir, "b": Dir, "empty": Dir, "a": File, "b/a/x": File, "c": None} {
		if got := tree.Kind(path); got != want {
			t.Errorf("%q is a %d, not a %d", path, got, want)
		}
	}
}

func TestTheStoreDropsWhatWasUsedLeastRecently(t *testing.T) {
	store := NewStore(2, 10)
	for _, id := range []string{"a", "b"} {
		store.Put(id, &Tree{})
	}
	store.Get("a")
	store.Put("c", &Tree{})
	if store.Get("b") != nil || store.Get("a") == nil || store.Get("c") == nil {
		t.Error("b should be gone, a and c be there")
	}
}

func TestTheStoreDropsContentsAboveItsBound(t *testing.T) {
	store := NewStore(9, 10)
	for _, id := range []string{"a", "b", "c"} {
		tree, _ := New([]string{"f"})
		tree.put("f", make([]byte, 6))
		store.Put(id, tree)
	}
	store.Trim()
	if store.Get("a") != nil || store.Get("b") != nil || store.Get("c") == nil {
		t.Error("only c should be left")
	}
}
