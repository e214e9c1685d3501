// Package fault is what penstock is told when an operation fails: a code for its judgement, a text for people.
package fault

import (
	"fmt"
	"strings"
)

// Code says of what sort a failure is; penstock maps it to the reason of a condition.
type Code string

// The codes.
const (
	Request     Code = "request"      // the message is not understood: a bug on one of the two sides
	UnknownTree Code = "unknown-tree" // the tree was dropped, or never sent: send it again
	PathMissing Code = "path-missing"
	PathIsFile  Code = "path-is-file"
	Build       Code = "build"
	Limit       Code = "limit"
	Remote      Code = "remote"     // something would have to be fetched
	Feature     Code = "feature"    // something that is off here: helm, plugins
	Range       Code = "range"      // not a version range
	Expression  Code = "expression" // not a CEL expression of the kind that is asked for
	Evaluation  Code = "evaluation" // a CEL expression without a result for these values
	Selector    Code = "selector"   // no regular expression, or no selector
)

// Fault is a failure with its code.
type Fault struct {
	Code Code
	Text string
}

// Error gives the text.
func (f *Fault) Error() string { return f.Text }

// Over makes the fault of an input above a limit, a field of penstock's Limits; the text ends with its setting.
func Over(limit, format string, args ...any) *Fault {
	return New(Limit, format+" (PENSTOCK_LIMIT_%s)", append(args, strings.ToUpper(limit))...)
}

// New makes a fault of a format and its arguments.
func New(code Code, format string, args ...any) *Fault {
	return &Fault{Code: code, Text: fmt.Sprintf(format, args...)}
}
