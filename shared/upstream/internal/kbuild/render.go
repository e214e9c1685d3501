package kbuild

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/limits"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/yaml"
)

// Object is one Kubernetes object as JSON.
type Object = json.RawMessage

// render gives the objects of a build as Flux would apply them: those without a name, kind or apiVersion are
// an error (kustomize-controller), kustomize's own files among them are left out (pkg/ssa ReadObjects).
func render(resources resmap.ResMap, l limits.Limits) (Built, error) {
	if l.Objects > 0 && resources.Size() > l.Objects {
		return Built{}, fault.Over("build_objects", "the build gives %d objects, the limit is %d", resources.Size(), l.Objects)
	}
	objects := make([]Object, 0, resources.Size())
	total, state := int64(0), sha256.New()
	for i, res := range resources.Resources() {
		if err := checkName(i, res); err != nil {
			return Built{}, err
		}
		object, text, err := marshal(res, l)
		if err != nil {
			return Built{}, err
		}
		if i > 0 {
			state.Write(separator)
		}
		state.Write(text)
		total += int64(len(object))
		if l.OutputBytes > 0 && total > l.OutputBytes {
			return Built{}, fault.Over("build_output_bytes", "the build gives more than %d bytes", l.OutputBytes)
		}
		if !isKustomizeFile(res) {
			objects = append(objects, object)
		}
	}
	return Built{objects, fmt.Sprintf("sha256:%x", state.Sum(nil))}, nil
}

// checkName refuses the i-th object of a build if it has no name, kind or apiVersion.
func checkName(i int, res *resource.Resource) error {
	if res.GetName() == "" || res.GetKind() == "" || res.GetApiVersion() == "" {
		return fault.New(fault.Build,
			"failed to decode Kubernetes apiVersion, kind and name from object %d (kind %q, name %q)",
			i+1, res.GetKind(), res.GetName())
	}
	return nil
}

// separator stands between two documents of a build as YAML (kustomize's AsYaml).
var separator = []byte("---\n")

func isKustomizeFile(res *resource.Resource) bool {
	return strings.EqualFold(res.GetKind(), "kustomization") &&
		strings.HasPrefix(res.GetApiVersion(), "kustomize.config.k8s.io/")
}

// marshal gives an object as JSON and as the YAML that Flux reads it from.
func marshal(res *resource.Resource, l limits.Limits) (Object, []byte, error) {
	name := fmt.Sprintf("%s/%s", res.GetKind(), res.GetName())
	object, err := res.MarshalJSON()
	if err != nil {
		return nil, nil, fault.New(fault.Build, "%s cannot be written as JSON: %s", name, why(err))
	}
	if l.YAMLDepth > 0 && depth(object) > l.YAMLDepth {
		return nil, nil, fault.Over("yaml_depth", "%s is nested more than %d levels deep", name, l.YAMLDepth)
	}
	text, err := yaml.JSONToYAML(object)
	if err == nil && isExotic(object) {
		object, err = fromYAML(text)
	}
	if err != nil {
		return nil, nil, fault.New(fault.Build, "%s cannot be written as YAML", name)
	}
	return object, text, nil
}

// why says in words of ours what JSON cannot hold: kustomize's words quote the object.
func why(err error) string {
	if strings.Contains(err.Error(), "already defined") {
		return "it has a mapping with the same key twice"
	}
	return "it holds a value that JSON has not"
}

// depth gives the nesting of a JSON text.
func depth(text []byte) int {
	deepest, open, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			open++
			deepest = max(deepest, open)
		case c == '}' || c == ']':
			open--
		}
	}
	return deepest
}
