package kbuild

import (
	"path"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// lookAhead walks over the kustomization files that a build will load, level by level: it fetches what they
// refer to in one exchange a level, and refuses what would have to be fetched from elsewhere or run. It
// records nothing and never fails for what is merely wrong: kustomize says that better.
func lookAhead(fs *tree.FS, entry string) error {
	seen := map[string]bool{entry: true}
	for level := []string{entry}; len(level) > 0; {
		if err := fs.Prefetch(kustomizationFiles(level)); err != nil {
			return err
		}
		var next, files []string
		for _, dir := range level {
			for _, ref := range references(fs, dir) {
				if err := refuse(fs, dir, ref); err != nil {
					return err
				}
				rel := path.Join(dir, ref.to)
				if kind := fs.PeekKind(rel); kind == tree.File {
					files = append(files, rel)
				} else if kind == tree.Dir && !seen[rel] {
					seen[rel] = true
					next = append(next, rel)
				}
			}
		}
		if err := fs.Prefetch(files); err != nil {
			return err
		}
		level = next
	}
	return nil
}

func kustomizationFiles(dirs []string) []string {
	var files []string
	for _, dir := range dirs {
		for _, name := range konfig.RecognizedKustomizationFileNames() {
			files = append(files, path.Join(dir, name))
		}
	}
	return files
}

func references(fs *tree.FS, dir string) []reference {
	var refs []reference
	for _, file := range kustomizationFiles([]string{dir}) {
		content := fs.Peek(file)
		if content == nil {
			continue
		}
		var k types.Kustomization
		if k.Unmarshal(content) != nil {
			continue
		}
		if len(k.OpenAPI) > 0 {
			openapi.Schema() // Flux has the built-in schema loaded when a build adds its own to it
		}
		refs = append(refs, referencesOf(&k)...)
	}
	return refs
}

func refuse(fs *tree.FS, dir string, ref reference) error {
	switch {
	case ref.field == helmField:
		return fault.New(fault.Feature,
			"%s: helmCharts is off in kustomize builds: use a HelmRelease for the chart", shown(dir))
	case isHTTP(ref.to), ref.base && isRepository(ref.to) && fs.PeekKind(path.Join(dir, ref.to)) != tree.File:
		return fault.New(fault.Remote,
			"%s: %s refers to %q, and remote bases and resources are refused: copy it into the repository,"+
				" or make it a source of its own", shown(dir), ref.field, withoutCredentials(ref.to))
	}
	return nil
}

func shown(dir string) string { return path.Join(dir, konfig.DefaultKustomizationFileName()) }
