package kbuild

import (
	"net/url"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

const helmField = "helmCharts"

// reference is something that a kustomization file names: a path, or what could be one.
type reference struct {
	field string
	to    string
	base  bool // kustomize also tries it as a folder or a repository
}

// referencesOf gives all of them, in kustomize's order of loading. Inline content is left out.
func referencesOf(k *types.Kustomization) []reference {
	var refs []reference
	add := func(field string, base bool, values ...string) {
		for _, value := range values {
			if value != "" && !strings.ContainsRune(value, '\n') {
				refs = append(refs, reference{field, value, base})
			}
		}
	}
	add("resources", true, k.Resources...)
	add("bases", true, k.Bases...)
	add("components", true, k.Components...)
	add("generators", true, k.Generators...)
	add("transformers", true, k.Transformers...)
	add("validators", true, k.Validators...)
	add("crds", false, k.Crds...)
	add("configurations", false, k.Configurations...)
	add("openapi", false, k.OpenAPI["path"])
	for _, p := range append(k.Patches, k.PatchesJson6902...) {
		add("patches", false, p.Path)
	}
	for _, p := range k.PatchesStrategicMerge {
		add("patchesStrategicMerge", false, string(p))
	}
	for _, r := range k.Replacements {
		add("replacements", false, r.Path)
	}
	for _, g := range k.ConfigMapGenerator {
		add("configMapGenerator", false, sourceFiles(g.KvPairSources)...)
	}
	for _, g := range k.SecretGenerator {
		add("secretGenerator", false, sourceFiles(g.KvPairSources)...)
	}
	if len(k.HelmCharts) > 0 || len(k.HelmChartInflationGenerator) > 0 {
		refs = append(refs, reference{field: helmField})
	}
	return refs
}

// sourceFiles gives the paths of a generator's files ("key=path" or "path") and env files.
func sourceFiles(s types.KvPairSources) []string {
	files := append([]string{s.EnvSource}, s.EnvSources...)
	for _, file := range s.FileSources {
		if _, after, found := strings.Cut(file, "="); found {
			file = after
		}
		files = append(files, file)
	}
	return files
}

// isHTTP is kustomize's own test for what it gets by HTTP, wherever a file is loaded.
func isHTTP(ref string) bool {
	u, err := url.Parse(ref)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

var scpLike = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@[^/]+:`)

// isRepository is true for what kustomize certainly takes for a Git repository. What it misses fails later,
// where kustomize finds no git.
func isRepository(ref string) bool {
	lower := strings.TrimPrefix(strings.ToLower(ref), "git::")
	for _, prefix := range []string{"ssh://", "https://", "http://", "file://", "github.com/", "github.com:"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	return scpLike.MatchString(lower)
}

// withoutCredentials gives a reference as it may be shown: no user, no password, no query.
func withoutCredentials(ref string) string {
	ref, _, _ = strings.Cut(ref, "?")
	if scheme, rest, found := strings.Cut(ref, "://"); found {
		authority, path, _ := strings.Cut(rest, "/")
		authority = authority[strings.LastIndexByte(authority, '@')+1:]
		return scheme + "://" + authority + "/" + path
	}
	return ref
}

// isFetchError is true for what kustomize says when git or the network was not there.
func isFetchError(text string) bool {
	return strings.Contains(text, "no 'git' program on path") || strings.Contains(text, NoNetwork)
}

// NoNetwork is what the process says instead of opening a connection.
const NoNetwork = "this process has no network"
