package kbuild

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resource"
)

// scan gives the resources of a folder without a kustomization file, as Flux finds them: every .yaml and
// .yml file below it, and as a whole each folder that has a kustomization file of its own. Paths are
// relative to the folder and start with "./".
func scan(fs *tree.FS, entry string) ([]string, error) {
	if err := fs.Prefetch(fs.Under(entry, isManifest)); err != nil {
		return nil, err
	}
	base := tree.Abs(entry)
	var found []string
	err := fs.Walk(base, func(p string, info os.FileInfo, err error) error {
		switch {
		case err != nil:
			return err
		case p == base:
			return nil
		case info.IsDir():
			if !hasKustomization(fs, p) {
				return nil
			}
			found = append(found, relative(base, p))
			return filepath.SkipDir
		case isManifest(p):
			found = append(found, relative(base, p))
		}
		return nil
	})
	if err != nil {
		return nil, asFault(fs, err)
	}
	return found, nil
}

// checkManifests refuses files that hold no Kubernetes objects. Flux does so while it scans; kustomize reads
// them all the same, so that this is only for the words when it fails.
func checkManifests(fs *tree.FS, entry string, resources []string) error {
	factory := provider.NewDefaultDepProvider().GetResourceFactory()
	for _, resource := range resources {
		p := tree.Abs(path.Join(entry, resource))
		if fs.IsDir(p) {
			continue
		}
		if err := checkManifest(fs, factory, p); err != nil {
			return err
		}
	}
	return nil
}

func isManifest(p string) bool {
	extension := path.Ext(p)
	return extension == ".yaml" || extension == ".yml"
}

func relative(base, p string) string { return "." + strings.TrimPrefix(p, base) }

func hasKustomization(fs *tree.FS, dir string) bool {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if p := path.Join(dir, name); fs.Exists(p) && !fs.IsDir(p) {
			return true
		}
	}
	return false
}

func checkManifest(fs *tree.FS, factory *resource.Factory, p string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Build, "recovered from panic while parsing YAML file %s: %s",
				path.Base(p), cleanPanic(fs, v))
		}
	}()
	content, err := fs.ReadFile(p)
	if err != nil {
		return asFault(fs, err)
	}
	if _, err := factory.SliceFromBytes(content); err != nil {
		return fault.New(fault.Build, "failed to decode Kubernetes YAML from %s%s: %s",
			clean(fs, p), document(factory, content), clean(fs, err.Error()))
	}
	return nil
}

// document names the document of a file that cannot be read, if it is one of several.
func document(factory *resource.Factory, content []byte) string {
	documents := bytes.Split(content, []byte("\n---"))
	for i, one := range documents {
		if i > 0 {
			one = append([]byte("---"), one...)
		}
		if _, err := factory.SliceFromBytes(one); err != nil && len(documents) > 1 {
			return fmt.Sprintf(" (document %d of %d)", i+1, len(documents))
		}
	}
	return ""
}
