// Package selector tells which objects the targets of Flux's ignore rules select (fluxcd/pkg ssa/jsondiff
// SelectorRegex, itself kustomize's): regular expressions for whole names, label selectors of Kubernetes.
package selector

import (
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"penstock.dev/upstream/internal/fault"
)

// Target is what a rule selects; an empty field selects everything.
type Target struct {
	Group              string `json:"group"`
	Version            string `json:"version"`
	Kind               string `json:"kind"`
	Name               string `json:"name"`
	Namespace          string `json:"namespace"`
	AnnotationSelector string `json:"annotationSelector"`
	LabelSelector      string `json:"labelSelector"`
}

// Object is what must be known of an object.
type Object struct {
	Group       string            `json:"group"`
	Version     string            `json:"version"`
	Kind        string            `json:"kind"`
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// Matches gives for each object the indexes of the targets that select it, in order.
func Matches(targets []Target, objects []Object) ([][]int, error) {
	compiled := make([]*types.SelectorRegex, len(targets))
	for i, target := range targets {
		regex, err := compile(target)
		if err != nil {
			return nil, err
		}
		compiled[i] = regex
	}
	found := make([][]int, len(objects))
	for i, object := range objects {
		found[i] = []int{}
		for j, target := range targets {
			if named(compiled[j], object) && labelled(target, object) {
				found[i] = append(found[i], j)
			}
		}
	}
	return found, nil
}

func compile(t Target) (*types.SelectorRegex, error) {
	parts := []struct{ name, pattern string }{
		{"group", t.Group}, {"version", t.Version}, {"kind", t.Kind}, {"name", t.Name}, {"namespace", t.Namespace},
	}
	for _, part := range parts {
		// One at a time: kustomize does not say which of them it is.
		if _, err := types.NewSelectorRegex(&types.Selector{ResId: resid.ResId{Name: part.pattern}}); err != nil {
			return nil, fault.New(fault.Selector, "invalid %s regex: %v", part.name, err)
		}
	}
	nothing := yaml.NewMapRNode(nil)
	if t.LabelSelector != "" {
		if _, err := nothing.MatchesLabelSelector(t.LabelSelector); err != nil {
			return nil, fault.New(fault.Selector, "invalid label selector: %v", err)
		}
	}
	if t.AnnotationSelector != "" {
		if _, err := nothing.MatchesAnnotationSelector(t.AnnotationSelector); err != nil {
			return nil, fault.New(fault.Selector, "invalid annotation selector: %v", err)
		}
	}
	return types.NewSelectorRegex(&types.Selector{ResId: resid.ResId{
		Gvk:       resid.Gvk{Group: t.Group, Version: t.Version, Kind: t.Kind},
		Name:      t.Name,
		Namespace: t.Namespace,
	}})
}

func named(regex *types.SelectorRegex, o Object) bool {
	return regex.MatchNamespace(o.Namespace) && regex.MatchName(o.Name) &&
		regex.MatchGvk(resid.Gvk{Group: o.Group, Version: o.Version, Kind: o.Kind})
}

func labelled(t Target, o Object) bool {
	if t.LabelSelector == "" && t.AnnotationSelector == "" {
		return true
	}
	node := yaml.NewMapRNode(nil)
	if node.SetLabels(o.Labels) != nil || node.SetAnnotations(o.Annotations) != nil {
		return false
	}
	return holds(node.MatchesLabelSelector, t.LabelSelector) && holds(node.MatchesAnnotationSelector, t.AnnotationSelector)
}

func holds(matches func(string) (bool, error), expression string) bool {
	if expression == "" {
		return true
	}
	ok, err := matches(expression)
	return ok && err == nil
}
