package kbuild

import (
	"strings"
	"testing"

	"penstock.dev/upstream/internal/limits"
)

func substituted(t *testing.T, text string, v Variables) (Built, error) {
	t.Helper()
	fs, _ := newFS(t, map[string]string{"kustomization.yaml": "resources: [a.yaml]", "a.yaml": text})
	return Build(fs, Request{Variables: &v, Limits: limits.Limits{OutputBytes: 10_000, YAMLNodes: 1000, YAMLDepth: 50}})
}

func TestNumbersComeOutAsFluxsWayThroughYAMLLeavesThem(t *testing.T) {
	text := named("x") + "\n" // the object passes through float64, whatever stands in it
	text = strings.Replace(text, "metadata", "n: [1000000, 12345678901234567, 1.10, 0.1], v: '${V}', metadata", 1)
	built, err := substituted(t, text, Variables{Values: map[string][]byte{"V": []byte("1")}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `"n":[1000000,12345678901234568,1.1,0.1]`; !strings.Contains(string(built.Objects[0]), want) {
		t.Errorf("%s", built.Objects[0])
	}
}

func TestWordsOfAParserAreShownOnlyIfTheyQuoteNothing(t *testing.T) {
	for text, shown := range map[string]bool{
		"yaml: line 3: mapping values are not allowed in this context":                true,
		"yaml: line 3: did not find expected ',' or ']'":                              true,
		"yaml: line 3: could not find expected ':'":                                   true,
		"yaml: found character that cannot start any token":                           true,
		"yaml: control characters are not allowed":                                    true,
		"json: cannot unmarshal string into Go value of type map[string]interface {}": true,
		"yaml: unknown anchor 'secret' referenced":                                    false,
		"yaml: unmarshal errors:\n  line 1: key \"secret\" already set in map":        false,
		"yaml: line 3: found secret: x":                                               false,
		"json: cannot unmarshal number 7 into Go value of type int":                   false,
		"yaml: line 3: cannot decode !!str `secret` as a !!int":                       false,
		"yaml: line 3: mapping values are not allowed in this context\nsecret":        false,
	} {
		if got := afterwards(words(text)); (got == text) != shown || !shown && got != notShown {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

type words string

func (w words) Error() string { return string(w) }

func FuzzSubstitute(f *testing.F) {
	for _, seed := range []string{"${V}", "$${V}", "${V:-${W}}", "${V/x/", "${#V}", "\\$", "${V:1:-1}", "${V%%*}"} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		s := substitution{Variables: Variables{Values: map[string][]byte{"V": []byte(value)}},
			limits: limits.Limits{OutputBytes: 1 << 20, YAMLNodes: 1000, YAMLDepth: 50}, left: 1 << 20}
		defer func() {
			if v := recover(); v != nil {
				t.Logf("envsubst panics: %v", v) // an answer all the same: ops.perform
			}
		}()
		if object, err := s.read([]byte("v: " + text)); err == nil && object == nil {
			t.Error("neither an object nor an error")
		}
	})
}
