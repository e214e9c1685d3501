package kbuild

import (
	"path"
	"strings"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// Overlay is what a Kustomization's spec lays over the kustomization.yaml of its path.
type Overlay struct {
	TargetNamespace         string   `json:"targetNamespace"`
	NamePrefix              string   `json:"namePrefix"`
	NameSuffix              string   `json:"nameSuffix"`
	Patches                 []Patch  `json:"patches"`
	Components              []string `json:"components"`
	IgnoreMissingComponents bool     `json:"ignoreMissingComponents"`
	Images                  []Image  `json:"images"`
	BuildMetadata           []string `json:"buildMetadata"`
}

// Generated is a kustomization.yaml that stands in for the tree's own.
type Generated struct {
	Path    string
	Content []byte
	Created bool     // the folder had none
	Found   []string // what the scan found then
}

// Generate gives the kustomization.yaml of a folder as Flux's generator writes it (fluxcd/pkg kustomize,
// GenerateManifest): the one that is there, or one that lists what a scan finds, with the overlay's fields.
func Generate(fs *tree.FS, entry string, o Overlay) (Generated, error) {
	generated, err := findOrScan(fs, entry)
	if err != nil {
		return Generated{}, err
	}
	k := types.Kustomization{TypeMeta: types.TypeMeta{
		APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind}}
	if err := yaml.Unmarshal(generated.Content, &k); err != nil {
		return Generated{}, fault.New(fault.Build, "%s: %s", generated.Path, clean(fs, err.Error()))
	}
	if !generated.Created && len(k.Resources) == 0 {
		// kustomize calls a file with nothing in it an error; Flux avoids that so
		k.BuildMetadata = []string{types.OriginAnnotations}
	}
	if err := o.layOver(fs, entry, &k); err != nil {
		return Generated{}, err
	}
	generated.Content, err = yaml.Marshal(k)
	if err != nil {
		return Generated{}, fault.New(fault.Build, "%s cannot be written: %s", generated.Path, clean(fs, err.Error()))
	}
	return generated, nil
}

// findOrScan gives the folder's own kustomization file, the first by kustomize's order of names, or makes one.
func findOrScan(fs *tree.FS, entry string) (Generated, error) {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		rel := path.Join(entry, name)
		if fs.Exists(tree.Abs(rel)) && !fs.IsDir(tree.Abs(rel)) {
			content, err := fs.ReadFile(tree.Abs(rel))
			if err != nil {
				return Generated{}, asFault(fs, err)
			}
			return Generated{Path: rel, Content: content}, nil
		}
	}
	rel := path.Join(entry, konfig.DefaultKustomizationFileName())
	if fs.Exists(tree.Abs(rel)) {
		return Generated{}, fault.New(fault.Build, "%s is a folder where a kustomization file is expected", rel)
	}
	resources, err := scan(fs, entry)
	if err != nil {
		return Generated{}, err
	}
	k := types.Kustomization{TypeMeta: types.TypeMeta{
		APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind}}
	if k.Resources = resources; len(resources) == 0 {
		k.Namespace = "_placeholder" // nothing to apply is no error in Flux
	}
	content, err := yaml.Marshal(k)
	if err != nil {
		return Generated{}, fault.New(fault.Build, "%s cannot be written: %v", rel, err)
	}
	return Generated{Path: rel, Content: content, Created: true, Found: resources}, nil
}

func (o Overlay) layOver(fs *tree.FS, entry string, k *types.Kustomization) error {
	setUnlessEmpty(&k.Namespace, o.TargetNamespace)
	setUnlessEmpty(&k.NamePrefix, o.NamePrefix)
	setUnlessEmpty(&k.NameSuffix, o.NameSuffix)
	for _, p := range o.Patches {
		k.Patches = append(k.Patches, types.Patch{Patch: p.Patch, Target: p.Target.adapt()})
	}
	for _, component := range o.Components {
		if !isLocalRelative(component) {
			return fault.New(fault.Build, "component path '%s' must be local and relative", component)
		}
		if !fs.Exists(tree.Abs(path.Join(entry, component))) && o.IgnoreMissingComponents {
			continue
		}
		k.Components = append(k.Components, component)
	}
	for _, image := range o.Images {
		k.Images = image.mergeInto(k.Images)
	}
	if len(o.BuildMetadata) > 0 {
		k.BuildMetadata = o.BuildMetadata
	}
	return nil
}

func setUnlessEmpty(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// isLocalRelative is false for what kustomize takes for a repository, and for absolute paths.
func isLocalRelative(p string) bool {
	lower := strings.ToLower(p)
	for _, prefix := range []string{"git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/"} {
		if len(prefix) < len(p) && strings.HasPrefix(lower, prefix) {
			return false
		}
	}
	return !path.IsAbs(p) && !path.IsAbs(strings.TrimPrefix(lower, "file://"))
}
