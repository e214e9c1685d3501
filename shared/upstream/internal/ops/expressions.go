package ops

import (
	"errors"
	"os"
	"time"

	"penstock.dev/upstream/internal/expr"
	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/wire"
)

// expressionGrace is how much later than the limit of an expression the process ends itself: a single call
// of a function is not interrupted.
const expressionGrace = 2

type holdsRequest struct {
	Expression string                 `json:"expression"`
	Values     map[string]expr.Object `json:"values"` // by the names of the variables
	Limits     expr.Limits            `json:"limits"`
}

type holdsResult struct {
	Holds bool `json:"holds"`
}

type healthRequest struct {
	Checks  []expr.Check  `json:"checks"`
	Objects []expr.Object `json:"objects"`
	Limits  expr.Limits   `json:"limits"`
}

type healthResult struct {
	States []state `json:"states"` // one for each object
}

type state struct {
	State string `json:"state"` // "" where no check is about the object
	Error string `json:"error"` // why there is none
}

// holds says whether an expression over whole objects is true.
func holds(_ *Server, m wire.Message) (any, error) {
	var request holdsRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	defer watch(request.Limits, 1)()
	names := make([]string, 0, len(request.Values))
	values := make(map[string]any, len(request.Values))
	for name, value := range request.Values {
		names, values[name] = append(names, name), map[string]any(value)
	}
	expression, err := expr.Compile(request.Expression, request.Limits, names...)
	if err != nil {
		return nil, err
	}
	result, err := expression.Holds(values)
	return holdsResult{result}, err
}

// health tells the states of objects by the user's own checks; without objects it says whether these can be
// used.
func health(_ *Server, m wire.Message) (any, error) {
	var request healthRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	defer watch(request.Limits, len(request.Objects)*len(request.Checks))()
	checks, err := expr.NewChecks(request.Checks, request.Limits)
	if err != nil {
		return nil, err
	}
	result := healthResult{States: make([]state, 0, len(request.Objects))}
	for _, object := range request.Objects {
		found, err := checks.Health(object)
		var known *fault.Fault
		if err != nil && !errors.As(err, &known) {
			return nil, err
		}
		one := state{State: found}
		if known != nil {
			one.Error = known.Text
		}
		result.States = append(result.States, one)
	}
	return result, nil
}

// watch ends the process if so many expressions do not end in time; for the case that penstock, which ends
// it first, is gone. It gives what calls that off.
func watch(limits expr.Limits, expressions int) func() {
	if limits.Seconds <= 0 {
		return func() {}
	}
	seconds := limits.Seconds*float64(max(expressions, 1)) + expressionGrace
	watchdog := time.AfterFunc(time.Duration(seconds*float64(time.Second)), func() { os.Exit(overdue) })
	return func() { watchdog.Stop() }
}
