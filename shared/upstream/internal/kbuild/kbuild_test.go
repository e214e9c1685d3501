package kbuild

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"penstock.dev/upstream/internal/limits"
	"penstock.dev/upstream/internal/tree"
	"sigs.k8s.io/yaml"
)

func newFS(t *testing.T, files map[string]string) (*tree.FS, *int) {
	t.Helper()
	var paths []string
	for path := range files {
		paths = append(paths, path)
	}
	known, err := tree.New(paths)
	if err != nil {
		t.Fatal(err)
	}
	exchanges := 0
	return tree.NewFS(known, func(wanted []string) ([][]byte, error) {
		exchanges++
		var contents [][]byte
		for _, path := range wanted {
			contents = append(contents, []byte(files[path]))
		}
		return contents, nil
	}, limits.Limits{}), &exchanges
}

const config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME}}"

func named(name string) string { return strings.Replace(config, "NAME", name, 1) }

func TestObjectsComeInTheOrderOfTheResources(t *testing.T) {
	fs, _ := newFS(t, map[string]string{
		"kustomization.yaml": "resources: [z.yaml, a.yaml, m.yaml]",
		"z.yaml":             named("z"), "a.yaml": named("a"), "m.yaml": named("m"),
	})
	built, err := Build(fs, Request{})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"z", "a", "m"} {
		if !strings.Contains(string(built.Objects[i]), `"name":"`+name+`"`) {
			t.Errorf("object %d is %s", i, built.Objects[i])
		}
	}
}

func TestTheDigestIsThatOfTheBuildAsKustomizeWritesIt(t *testing.T) {
	files := map[string]string{
		"kustomization.yaml": "resources: [a.yaml, b.yaml]",
		"a.yaml":             strings.Replace(named("a"), "metadata", "data: {x: \"yes\", n: \"1\", t: \"a\\nb\"}, metadata", 1),
		"b.yaml":             "{apiVersion: kustomize.config.k8s.io/v1, kind: Kustomization, metadata: {name: b}}",
	}
	fs, _ := newFS(t, files)
	built, err := Build(fs, Request{})
	if err != nil {
		t.Fatal(err)
	}
	fs, _ = newFS(t, files)
	resources, err := run(fs, "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(text)); built.Digest != want || len(built.Objects) != 1 {
		t.Errorf("%s and %d objects, want %s and 1", built.Digest, len(built.Objects), want)
	}
}

func TestContentsComeInOneExchangeALevel(t *testing.T) {
	fs, exchanges := newFS(t, map[string]string{
		"app/kustomization.yaml":  "resources: [../base, own.yaml]\npatches: [{path: patch.yaml}]",
		"app/own.yaml":            named("own"),
		"app/patch.yaml":          named("base"),
		"base/kustomization.yaml": "resources: [one.yaml, two.yaml]",
		"base/one.yaml":           named("base"),
		"base/two.yaml":           named("two"),
	})
	if _, err := Build(fs, Request{Path: "app"}); err != nil {
		t.Fatal(err)
	}
	if *exchanges != 4 { // kustomization and files of app, then of base
		t.Errorf("%d exchanges", *exchanges)
	}
}

func TestWhatKustomizeTakesForARepository(t *testing.T) {
	for ref, want := range map[string]bool{
		"https://a/b/c": true, "HTTP://a": true, "ssh://x": true, "git@github.com:a/b": true, "git::https://a/b": true,
		"github.com/a/b": true, "GitHub.com:a/b": true, "file:///a": true, "user@host:a/b": true,
		"../base": false, "base": false, "a@b": false, "team@x/y": false, "github.common/x": false, "x/https://y": false,
	} {
		if got := isRepository(ref); got != want {
			t.Errorf("%q: %t", ref, got)
		}
	}
}

func TestReferencesAreShownWithoutCredentials(t *testing.T) {
	for ref, want := range map[string]string{
		"https://user:pw@host/x?token=1": "https://host/x",
		"https://a@b@host/x":             "https://host/x",
		"../base":                        "../base",
		"git@host:x?ref=y":               "git@host:x",
	} {
		if got := withoutCredentials(ref); got != want {
			t.Errorf("%q is shown as %q", ref, got)
		}
	}
}

func TestTheDepthOfJSONIgnoresItsTexts(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 0, `{}`: 1, `{"a":[{"b":"[[[["}]}`: 3, `{"\"[[":"\\"}`: 1, `[[],[[]],[]]`: 3,
	} {
		if got := depth([]byte(text)); got != want {
			t.Errorf("%s: %d", text, got)
		}
	}
}

func TestExoticValuesAreWhatKubernetesReadsFromYAML(t *testing.T) {
	for text, want := range map[string]string{
		`{"n":18446744073709551615,"m":9223372036854775807}`: `{"m":9223372036854775807,"n":18446744073709552000}`,
		"{\"t\":\"a\u0085b\"}":                               `{"t":"a b"}`,
	} {
		if !isExotic([]byte(text)) {
			t.Errorf("%s is not exotic", text)
		}
		written, err := yaml.JSONToYAML([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fromYAML(written); err != nil || string(got) != want {
			t.Errorf("%s became %s (%v)", text, got, err)
		}
	}
	if isExotic([]byte(`{"a":"text","b":[1,2.5,123456789012345678]}`)) {
		t.Error("ordinary values are exotic")
	}
}

func TestTheValuesOfSecretsAreFound(t *testing.T) {
	got := secretValues([]byte("kind: Secret\ndata: {a: YWJjZA==}\nstringData: {b: efgh}\n---\nsecretGenerator:\n- literals: [x=a=b]\n"))
	slices.Sort(got)
	if want := []string{"YWJjZA==", "a=b", "abcd", "efgh"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
