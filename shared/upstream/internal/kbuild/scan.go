package kbuild

import (
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
// .yml file below it, which must hold Kubernetes objects, and as a whole each folder that has a
// kustomization file of its own. Paths are relative to the folder and start with "./".
func scan(fs *tree.FS, entry string) ([]string, error) {
	if err := fs.Prefetch(fs.Under(entry, isManifest)); err != nil {
		return nil, err
	}
	base := tree.Abs(entry)
	factory := provider.NewDefaultDepProvider().GetResourceFactory()
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
		case !isManifest(p):
			return nil
		}
		found = append(found, relative(base, p))
		return checkManifest(fs, factory, p)
	})
	if f := fs.Fault(); f != nil {
		return nil, f
	}
	if err != nil {
		return nil, asScanFault(fs, err)
	}
	return found, nil
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
		return err
	}
	if _, err := factory.SliceFromBytes(content); err != nil {
		return fault.New(fault.Build, "failed to decode Kubernetes YAML from %s: %s", clean(fs, p), clean(fs, err.Error()))
	}
	return nil
}

func asScanFault(fs *tree.FS, err error) error {
	if f, ok := err.(*fault.Fault); ok {
		return f
	}
	return fault.New(fault.Build, "%s", clean(fs, err.Error()))
}
