package semver

import (
	"slices"
	"testing"
)

func TestTheHighestVersionsAreGivenOldestFirst(t *testing.T) {
	versions := []string{"1.0.0+b", "v1.0.0+a", "0.1.0", "1.0", "x", "1.0.0-rc.1", "1.0.0"}
	times := map[string]int64{"1.0.0+b": 1, "1.0.0": 2, "v1.0.0+a": 2}
	got, err := Highest(">=0.1.0", versions, times)
	if want := []string{"1.0.0+b", "1.0.0", "v1.0.0+a"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q (%v), not %q", got, err, want)
	}
}

func TestNothingThatMatchesIsEmptyAndNoRangeAnError(t *testing.T) {
	if got, err := Highest(">=2", []string{"1.0.0"}, nil); err != nil || len(got) != 0 {
		t.Errorf("%q (%v)", got, err)
	}
	if _, err := Highest("main", nil, nil); err == nil {
		t.Error("no range was taken")
	}
}
