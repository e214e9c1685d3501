package expr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"penstock.dev/upstream/internal/fault"
)

var bounds = Limits{Bytes: 1000, Cost: 10_000, Seconds: 5}

func object(t *testing.T, text string) Object {
	t.Helper()
	var found Object
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func code(t *testing.T, err error) fault.Code {
	t.Helper()
	var found *fault.Fault
	if !errors.As(err, &found) {
		t.Fatalf("%v is no fault", err)
	}
	return found.Code
}

func TestAnExpressionOverWholeObjectsIsEvaluated(t *testing.T) {
	values := map[string]any{
		"self": map[string]any(object(t, `{"metadata":{"annotations":{"version":"1"}}}`)),
		"dep":  map[string]any(object(t, `{"metadata":{"generation":2},"status":{"observedGeneration":2,"share":0.5}}`)),
	}
	for text, want := range map[string]bool{
		`dep.status.observedGeneration == dep.metadata.generation`: true,
		`dep.status.observedGeneration == 3`:                       false,
		`type(dep.metadata.generation) == int`:                     true,
		`dep.status.share > 0.4`:                                   true,
		`has(self.metadata.labels)`:                                false,
		`self.metadata.annotations['version'] == '1'`:              true,
		`self.?metadata.?labels.?x.orValue('none') == 'none'`:      true,
		`['a', 'b'].join('-') == 'a-b'`:                            true,
		`sets.contains([1, 2], [2])`:                               true,
		`base64.encode(b'a') == 'YQ=='`:                            true,
	} {
		compiled, err := Compile(text, bounds, "self", "dep")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := compiled.Holds(values); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestWhatCannotBeUsedIsRefusedBeforeItIsEvaluated(t *testing.T) {
	for text, want := range map[string]string{
		``:                                       "failed to parse the CEL expression ''",
		`dep.`:                                   "failed to parse the CEL expression 'dep.'",
		`self.generation == deps`:                "undeclared reference to 'deps'",
		`1 + 1`:                                  "expected bool, got int",
		`dep.status.ready`:                       "expected bool, got dyn",
		strings.Repeat(`true && `, 200) + "true": "longer than 1000 bytes",
	} {
		if _, err := Compile(text, bounds, "self", "dep"); code(t, err) != fault.Expression || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatHasNoResultSaysWhy(t *testing.T) {
	many := `[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, ` +
		`[1,2,3,4,5,6,7,8,9,10].all(d, a + b + c + d > 0))))`
	for text, want := range map[string]string{
		`dep.status.phase == 'x'`: "no such key: status",
		`1 / 0 == 1`:              "division by zero",
		many:                      "more than 10000 steps (PENSTOCK_LIMIT_CEL_COST)",
	} {
		compiled, err := Compile(text, bounds, "dep")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, err := compiled.Holds(map[string]any{"dep": map[string]any{}}); code(t, err) != fault.Evaluation || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestHealthIsToldInTheOrderThatFluxAsks(t *testing.T) {
	checks, err := NewChecks([]Check{
		{APIVersion: "a.io/v1", Kind: "A", Current: "status.ok", InProgress: "has(status.busy)", Failed: "has(status.bad)"},
		{APIVersion: "b.io/v1", Current: "true"},
	}, bounds)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"apiVersion":"a.io/v2","kind":"A","status":{"ok":true}}`:                                                        Current,
		`{"apiVersion":"a.io/v1","kind":"A","status":{"ok":false}}`:                                                       InProgress,
		`{"apiVersion":"a.io/v1","kind":"A","status":{"ok":true,"bad":1}}`:                                                Failed,
		`{"apiVersion":"a.io/v1","kind":"A","status":{"ok":true,"bad":1,"busy":1}}`:                                       InProgress,
		`{"apiVersion":"a.io/v1","kind":"A","metadata":{"generation":2},"status":{"ok":true,"observedGeneration":1}}`:     InProgress,
		`{"apiVersion":"a.io/v1","kind":"A","metadata":{"generation":2},"status":{"ok":true,"observedGeneration":"one"}}`: Current,
		`{"apiVersion":"b.io/v1","kind":"Any"}`:                                                                           Current,
		`{"apiVersion":"v1","kind":"A"}`:                                                                                  "",
	} {
		if got, err := checks.Health(object(t, text)); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if _, err := checks.Health(object(t, `{"apiVersion":"a.io/v1","kind":"A"}`)); code(t, err) != fault.Evaluation {
		t.Error(err)
	}
}

func TestChecksThatCannotBeUsedAreNamed(t *testing.T) {
	for want, checks := range map[string][]Check{
		"duplicate custom health check for GroupKind A.a.io at healthchecks[1]": {
			{APIVersion: "a.io/v1", Kind: "A", Current: "true"}, {APIVersion: "a.io/v2", Kind: "A", Current: "true"},
		},
		"failed to create custom status evaluator for healthchecks[0]: expression Current not specified": {{Kind: "A"}},
		"healthchecks[0]: failed to parse the expression Failed: failed to parse the CEL expression '('": {
			{Kind: "A", Current: "true", Failed: "("},
		},
	} {
		if _, err := NewChecks(checks, bounds); code(t, err) != fault.Expression || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %s", err, want)
		}
	}
}
