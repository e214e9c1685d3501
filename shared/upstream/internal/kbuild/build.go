// Package kbuild runs kustomize on a tree, as Flux's kustomize-controller does: load restrictions off
// within the confined tree, only built-in plugins, no order imposed on the output.
package kbuild

import (
	"errors"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/limits"
	"penstock.dev/upstream/internal/tree"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// Request says what to build.
type Request struct {
	Path      string        `json:"path"`      // folder within the tree, clean, "" for its root
	Overlay   *Overlay      `json:"overlay"`   // fields of the Kustomization; nil: the folder as it is
	Variables *Variables    `json:"variables"` // what is put into the objects; nil: they stay as they are
	Limits    limits.Limits `json:"limits"`
}

// Built is what a build gives: the objects as JSON, in kustomize's order, and the digest that Flux keeps in
// status.history, that of the build as YAML (`sha256:<hex>`).
type Built struct {
	Objects []Object `json:"objects"`
	Digest  string   `json:"digest"`
}

// Build gives the objects of a folder. Every failure is a *fault.Fault.
func Build(fs *tree.FS, req Request) (Built, error) {
	if err := checkEntry(fs, req.Path); err != nil {
		return Built{}, err
	}
	var generated Generated
	if req.Overlay != nil {
		var err error
		if generated, err = Generate(fs, req.Path, *req.Overlay); err != nil {
			return Built{}, err
		}
		fs.Overlay(generated.Path, generated.Content)
	}
	if err := lookAhead(fs, req.Path); err != nil {
		return Built{}, err
	}
	resources, err := run(fs, req.Path)
	if err != nil {
		if worse := checkManifests(fs, req.Path, generated.Found); worse != nil {
			return Built{}, worse
		}
		return Built{}, err
	}
	if req.Variables != nil {
		if err := substitute(resources, *req.Variables, req.Limits); err != nil {
			return Built{}, err
		}
	}
	return render(resources, req.Limits)
}

// checkEntry refuses a path that is no folder: never an empty build (Flux: "kustomization path not found").
func checkEntry(fs *tree.FS, entry string) error {
	switch {
	case fs.IsDir(tree.Abs(entry)):
		return nil
	case fs.Exists(tree.Abs(entry)):
		return fault.New(fault.PathIsFile, "kustomization path %q is a file, not a folder", entry)
	default:
		return fault.New(fault.PathMissing, "kustomization path not found: the artifact has no folder %q", entry)
	}
}

func run(fs *tree.FS, entry string) (resources resmap.ResMap, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Build, "kustomize build failed: panic: %s", cleanPanic(fs, v))
		}
		if f := fs.Fault(); f != nil {
			resources, err = nil, f
		}
		forgetSchema()
	}()
	options := &krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}
	resources, err = krusty.MakeKustomizer(options).Run(fs, tree.Abs(entry))
	if err != nil {
		err = asFault(fs, err)
	}
	return resources, err
}

// forgetSchema resets kustomize's process-wide OpenAPI schema if a build has set one of its own, so that no
// build sees another's; the built-in one is kept, it is dear to parse.
func forgetSchema() {
	if openapi.GetSchemaVersion() != builtinSchema {
		openapi.ResetOpenAPI()
	}
}

var builtinSchema = openapi.GetSchemaVersion()

func asFault(fs *tree.FS, err error) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	text := clean(fs, err.Error())
	if isFetchError(text) {
		return fault.New(fault.Remote, "kustomize build failed: a remote base or resource is refused: %s", text)
	}
	return fault.New(fault.Build, "kustomize build failed: %s", text)
}

// Overlaid gives the kustomization file that Build would be made with.
func Overlaid(fs *tree.FS, entry string, o Overlay) (Generated, error) {
	if err := checkEntry(fs, entry); err != nil {
		return Generated{}, err
	}
	generated, err := Generate(fs, entry, o)
	if err == nil {
		err = checkManifests(fs, entry, generated.Found)
	}
	return generated, err
}
