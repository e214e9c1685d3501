package kbuild

import "sigs.k8s.io/kustomize/api/types"

// Patch is an entry of spec.patches.
type Patch struct {
	Patch  string    `json:"patch"`
	Target *Selector `json:"target"`
}

// Selector is the target of a patch.
type Selector struct {
	Group              string `json:"group"`
	Version            string `json:"version"`
	Kind               string `json:"kind"`
	Namespace          string `json:"namespace"`
	Name               string `json:"name"`
	AnnotationSelector string `json:"annotationSelector"`
	LabelSelector      string `json:"labelSelector"`
}

func (s *Selector) adapt() *types.Selector {
	if s == nil {
		return nil
	}
	out := &types.Selector{LabelSelector: s.LabelSelector, AnnotationSelector: s.AnnotationSelector}
	out.Group, out.Version, out.Kind = s.Group, s.Version, s.Kind
	out.Name, out.Namespace = s.Name, s.Namespace
	return out
}

// Image is an entry of spec.images.
type Image struct {
	Name    string `json:"name"`
	NewName string `json:"newName"`
	NewTag  string `json:"newTag"`
	Digest  string `json:"digest"`
}

// mergeInto overrides the entry of the same name field by field, tag and digest as one, or adds a new one.
func (i Image) mergeInto(images []types.Image) []types.Image {
	for n := range images {
		if images[n].Name != i.Name {
			continue
		}
		setUnlessEmpty(&images[n].NewName, i.NewName)
		if i.NewTag != "" || i.Digest != "" {
			images[n].NewTag, images[n].Digest = i.NewTag, i.Digest
		}
		return images
	}
	return append(images, types.Image{Name: i.Name, NewName: i.NewName, NewTag: i.NewTag, Digest: i.Digest})
}
