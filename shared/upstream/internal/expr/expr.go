// Package expr evaluates CEL expressions in the environment of Flux (fluxcd/pkg/runtime/cel), within limits
// that Flux does not have.
package expr

import (
	"context"
	"errors"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/interpreter"
	"penstock.dev/upstream/internal/fault"
)

// interruptEvery is how many steps of a comprehension pass between looks at the clock, as in Kubernetes.
const interruptEvery = 100

// Limits of one expression; penstock sends the numbers, and zero means none.
type Limits struct {
	Bytes   int     `json:"bytes"`
	Cost    uint64  `json:"cost"` // in cel-go's units, about one for each operation
	Seconds float64 `json:"seconds"`
}

// Expression is one that can be evaluated; several times, too.
type Expression struct {
	text    string
	program cel.Program
	limits  Limits
}

// Parse reads an expression over the fields of an object, whatever these are.
func Parse(text string, limits Limits) (*Expression, error) {
	return read(text, limits, false)
}

// Compile reads an expression over these variables, each a whole object, that has to give true or false.
func Compile(text string, limits Limits, variables ...string) (*Expression, error) {
	declared := make([]cel.EnvOption, 0, len(variables))
	for _, name := range variables {
		declared = append(declared, cel.Variable(name, cel.ObjectType("google.protobuf.Struct")))
	}
	return read(text, limits, true, declared...)
}

func read(text string, limits Limits, compiled bool, declared ...cel.EnvOption) (*Expression, error) {
	if limits.Bytes > 0 && len(text) > limits.Bytes {
		return nil, fault.New(fault.Expression, "a CEL expression is longer than %d bytes (PENSTOCK_LIMIT_CEL_BYTES)", limits.Bytes)
	}
	env, err := cel.NewEnv(append(environment(), declared...)...)
	if err != nil {
		return nil, fault.New(fault.Expression, "failed to create CEL environment: %v", err)
	}
	reads := env.Parse
	if compiled {
		reads = env.Compile
	}
	ast, issues := reads(text)
	if issues != nil {
		return nil, fault.New(fault.Expression, "failed to parse the CEL expression '%s': %s", text, issues.String())
	}
	if got := ast.OutputType(); compiled && got != types.BoolType {
		return nil, fault.New(fault.Expression, "CEL expression output type mismatch: expected %s, got %s", types.BoolType, got)
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(interruptEvery)}
	if limits.Cost > 0 {
		options = append(options, cel.CostLimit(limits.Cost))
	}
	program, err := env.Program(ast, options...)
	if err != nil {
		return nil, fault.New(fault.Expression, "failed to create CEL program: %v", err)
	}
	return &Expression{text, program, limits}, nil
}

// environment is what expressions of Flux may use.
func environment() []cel.EnvOption {
	return []cel.EnvOption{
		cel.HomogeneousAggregateLiterals(),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Sets(),
		ext.Encoders(),
	}
}

// Holds evaluates it over values by name.
func (e *Expression) Holds(values map[string]any) (bool, error) {
	ctx := context.Background()
	if e.limits.Seconds > 0 {
		bounded, cancel := context.WithTimeout(ctx, time.Duration(e.limits.Seconds*float64(time.Second)))
		defer cancel()
		ctx = bounded
	}
	value, _, err := e.program.ContextEval(ctx, values)
	if err != nil {
		return false, e.failure(err)
	}
	result, ok := value.(types.Bool)
	if !ok {
		return false, fault.New(fault.Evaluation, "failed to evaluate CEL expression as boolean: '%s'", e.text)
	}
	return bool(result), nil
}

func (e *Expression) failure(err error) error {
	var cancelled interpreter.EvalCancelledError
	switch {
	case !errors.As(err, &cancelled):
		return fault.New(fault.Evaluation, "failed to evaluate the CEL expression '%s': %v", e.text, err)
	case cancelled.Cause == interpreter.CostLimitExceeded:
		return fault.New(fault.Evaluation, "the CEL expression '%s' takes more than %d steps (PENSTOCK_LIMIT_CEL_COST)", e.text, e.limits.Cost)
	default:
		return fault.New(fault.Evaluation, "the CEL expression '%s' takes longer than %v s (PENSTOCK_LIMIT_CEL_SECONDS)", e.text, e.limits.Seconds)
	}
}
