package expr

import (
	"fmt"
	"strings"

	"penstock.dev/upstream/internal/fault"
)

// The states that a health check can tell, in the words of kstatus.
const (
	Current    = "Current"
	InProgress = "InProgress"
	Failed     = "Failed"
)

// Check is one of spec.healthCheckExprs.
type Check struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"` // all kinds of the group if empty
	Current    string `json:"current"`
	InProgress string `json:"inProgress"`
	Failed     string `json:"failed"`
}

type groupKind struct{ group, kind string }

func (g groupKind) String() string {
	if g.group == "" {
		return g.kind
	}
	return g.kind + "." + g.group
}

type judgement struct {
	state string
	holds *Expression
}

// Checks tells the health of objects.
type Checks map[groupKind][]judgement

// NewChecks reads the checks; a fault in Flux's words if one cannot be used.
func NewChecks(checks []Check, limits Limits) (Checks, error) {
	found := Checks{}
	for i, check := range checks {
		about := of(check.APIVersion, check.Kind)
		if _, twice := found[about]; twice {
			return nil, fault.New(fault.Expression, "duplicate custom health check for GroupKind %s at healthchecks[%d]", about, i)
		}
		judgements, err := check.read(limits)
		if err != nil {
			return nil, fault.New(fault.Expression, "failed to create custom status evaluator for healthchecks[%d]: %v", i, err)
		}
		found[about] = judgements
	}
	return found, nil
}

// read gives what is asked, in the order in which it is: who is in progress is neither failed nor current.
func (c Check) read(limits Limits) ([]judgement, error) {
	if c.Current == "" {
		return nil, fmt.Errorf("expression Current not specified")
	}
	var judgements []judgement
	for _, one := range []struct{ name, state, text string }{
		{"InProgress", InProgress, c.InProgress}, {"Failed", Failed, c.Failed}, {"Current", Current, c.Current},
	} {
		if one.text == "" {
			continue
		}
		holds, err := Parse(one.text, limits)
		if err != nil {
			return nil, fmt.Errorf("failed to parse the expression %s: %w", one.name, err)
		}
		judgements = append(judgements, judgement{one.state, holds})
	}
	return judgements, nil
}

// Health is the state of an object, empty if no check is about it.
func (c Checks) Health(object Object) (string, error) {
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	about := of(version, kind)
	judgements, found := c[about]
	if !found {
		judgements, found = c[groupKind{group: about.group}]
	}
	if !found {
		return "", nil
	}
	if behind(object) {
		return InProgress, nil
	}
	for _, one := range judgements {
		holds, err := one.holds.Holds(object)
		if err != nil {
			return "", err
		}
		if holds {
			return one.state, nil
		}
	}
	return InProgress, nil
}

// behind says whether the status is about an older generation; one that is no number says nothing.
func behind(object Object) bool {
	status, _ := object["status"].(map[string]any)
	metadata, _ := object["metadata"].(map[string]any)
	observed, known := status["observedGeneration"].(int64)
	generation, given := metadata["generation"].(int64)
	return known && given && observed != generation
}

func of(version, kind string) groupKind {
	group, _, grouped := strings.Cut(version, "/")
	if !grouped {
		group = ""
	}
	return groupKind{group, kind}
}
