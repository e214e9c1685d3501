// Package semver chooses a version as Flux's source-controller does for Git tags.
package semver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"penstock.dev/upstream/internal/fault"
)

// Highest gives the versions of the highest precedence that the range allows, as they are written, oldest
// first by their times, then by name: the last one is Flux's choice. More than one where versions differ
// only in build metadata or in how they are written. Empty where nothing matches. What is no version with
// three parts is passed over (fluxcd/pkg version.ParseVersion, git/gogit cloneSemVer).
func Highest(expression string, versions []string, times map[string]int64) ([]string, error) {
	constraint, err := semver.NewConstraint(expression)
	if err != nil {
		return nil, fault.New(fault.Range, "semver parse error: %v", err)
	}
	var top []*semver.Version
	for _, text := range versions {
		v := parse(text)
		if v == nil || !constraint.Check(v) {
			continue
		}
		if len(top) == 0 || v.GreaterThan(top[0]) {
			top = top[:0]
		} else if v.LessThan(top[0]) {
			continue
		}
		top = append(top, v)
	}
	names := make([]string, 0, len(top))
	for _, v := range top {
		names = append(names, v.Original())
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(times[a], times[b]), cmp.Compare(a, b))
	})
	return names, nil
}

func parse(text string) *semver.Version {
	if len(strings.SplitN(text, ".", 3)) != 3 {
		return nil
	}
	v, err := semver.NewVersion(text)
	if err != nil {
		return nil
	}
	return v
}
