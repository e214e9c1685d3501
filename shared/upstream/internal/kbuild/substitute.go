package kbuild

import (
	"maps"
	"regexp"
	"slices"

	"github.com/fluxcd/pkg/envsubst"
	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/limits"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/yaml"
)

// Variables are what ${...} in the objects of a build stands for (spec.postBuild).
type Variables struct {
	Values  map[string][]byte `json:"values"`
	Strict  bool              `json:"strict"`  // one without a value and without a default is an error
	Always  bool              `json:"always"`  // defaults are put in where there is no variable at all, too
	Problem string            `json:"problem"` // why the values cannot be had; told of the first object that needs them
}

const (
	variableName = "^[_[:alpha:]][_[:alpha:][:digit:]]*$"
	substituteBy = "kustomize.toolkit.fluxcd.io/substitute"
	disabled     = "disabled"
)

var isVariableName = regexp.MustCompile(variableName)

// substitution is one run over the objects of a build; left is how much may still be put in.
type substitution struct {
	Variables
	limits limits.Limits
	left   int64
}

// substitute puts values in, object by object, as Flux does (fluxcd/pkg kustomize, SubstituteVariables): in the
// text of each object as YAML, which is read again.
func substitute(resources resmap.ResMap, v Variables, l limits.Limits) error {
	s := substitution{v, l, l.OutputBytes}
	ids := map[id]int{}
	for _, res := range resources.Resources() {
		ids[idOf(res)]++
	}
	for i, res := range resources.Resources() {
		if err := checkName(i, res); err != nil {
			return err
		}
		if isDisabled(res) {
			continue
		}
		kind, name, before := res.GetGvk(), res.GetName(), idOf(res)
		if err := s.into(res); err != nil {
			return fault.New(err.Code, "post build failed for '%s/%s': %s", kind, name, err.Text)
		}
		ids[before]--
		ids[idOf(res)]++
		if count := ids[idOf(res)]; count > 1 {
			return fault.New(fault.Build, "in Replace: id matched %d resources", count)
		}
	}
	return nil
}

func isDisabled(res *resource.Resource) bool {
	return res.GetLabels()[substituteBy] == disabled || res.GetAnnotations()[substituteBy] == disabled
}

// id is what kustomize tells objects apart by.
type id struct{ kind, namespace, name string }

func idOf(res *resource.Resource) id {
	current := res.CurId()
	return id{current.Gvk.String(), current.EffectiveNamespace(), current.Name}
}

func (s *substitution) into(res *resource.Resource) *fault.Fault {
	if s.Problem != "" {
		return fault.New(fault.Build, "%s", s.Problem)
	}
	if len(s.Values) == 0 && !s.Always {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Values)) {
		if !isVariableName.MatchString(name) {
			return fault.New(fault.Build, "envsubst error: '%s' var name is invalid, must match '%s'", name, variableName)
		}
	}
	text, err := res.AsYAML()
	if err != nil {
		return fault.New(fault.Build, "it cannot be written as YAML: %s", why(err))
	}
	object, f := s.read(text)
	if f != nil {
		return f
	}
	if err := res.UnmarshalJSON(object); err != nil {
		return fault.New(fault.Build, "UnmarshalJSON: %s", afterwards(err))
	}
	return nil
}

// read gives the object that a text with the values in it is, as JSON.
func (s *substitution) read(text []byte) ([]byte, *fault.Fault) {
	overfull := false
	output, err := envsubst.Eval(string(text), func(name string) (string, bool) {
		value, found := s.Values[name]
		s.left -= int64(len(value))
		if s.limits.OutputBytes > 0 && s.left < 0 {
			overfull = true
			return "", true
		}
		return string(value), found || !s.Strict
	})
	if overfull {
		return nil, fault.Over("build_output_bytes", "the values that are put in are larger than %d bytes", s.limits.OutputBytes)
	}
	if err != nil {
		return nil, fault.New(fault.Build, "envsubst error: variable substitution failed: %s", err)
	}
	if err := s.limits.CheckYAML([]byte(output)); err != nil {
		return nil, fault.New(fault.Limit, "%s", err)
	}
	object, err := yaml.YAMLToJSON([]byte(output))
	if err != nil {
		return nil, fault.New(fault.Build, "envsubst error: YAMLToJSON: %s", afterwards(err))
	}
	return object, nil
}

// harmless is what the parsers of YAML and JSON say without quoting what they read.
var harmless = regexp.MustCompile(`^(?:yaml: (?:line \d+: )?(?:mapping values are not allowed in this context` +
	`|(?:could|did) not find expected (?:[a-z -]+|':'|',' or '[\]}]')|found [a-z -]+|block [a-z ]+` +
	`|control characters are not allowed)` +
	`|json: cannot unmarshal [a-z]+ into Go value of type map\[string\]interface \{\})$`)

// afterwards gives the words about a text with values in it: they are not to be shown, nor what surrounds them.
func afterwards(err error) string {
	if text := err.Error(); harmless.MatchString(text) {
		return text
	}
	return notShown
}
