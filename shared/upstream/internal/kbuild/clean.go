package kbuild

import (
	"fmt"
	"regexp"
	"strings"

	"penstock.dev/upstream/internal/tree"
)

const (
	longestText = 2000
	notShown    = "(content not shown)"
)

// quoting is where kustomize's messages hold the content of files, and what is put in its place.
var quoting = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile("cannot unmarshal !!\\w+ `[^`]*`"), "cannot unmarshal a value"},
	{regexp.MustCompile(`\[patch: \\*"[\s\S]*?\\*"\]`), "an inline patch"},
	{regexp.MustCompile(`(missing [\w.]+ in object) .*`), "$1 " + notShown},
	{regexp.MustCompile("(with config): `[\\s\\S]*`"), "$1 " + notShown},
	{regexp.MustCompile(`(must specify one of patch and path|patch and path can't be set at the same time)[\s\S]*`), "$1"},
	{regexp.MustCompile(`(literal sources) \[[\s\S]*\](: )`), "$1$2"},
	{regexp.MustCompile(`(invalid literal source) [\s\S]*?(, expected)`), "$1$2"},
	{regexp.MustCompile(`(has invalid utf8 bytes) :[\s\S]*`), "$1"},
	{regexp.MustCompile(`(for the following resource):[\s\S]*`), "$1 " + notShown},
	{regexp.MustCompile(`(node contents):[\s\S]*`), "$1 " + notShown},
	{regexp.MustCompile(`((?:merging from|annotations for) generator) [&{][\s\S]*?\}(: )`), "$1$2"},
	{regexp.MustCompile(`(merging vars) \[[\s\S]*?\]`), "$1"},
	{regexp.MustCompile(`\[?\{"[\s\S]*`), notShown},                          // an object as JSON, and all behind it
	{regexp.MustCompile(`(^|[\s:{"'])apiVersion: [\s\S]*`), "$1" + notShown}, // an object as YAML
}

var controls = regexp.MustCompile(`[\x00-\x1f\x7f]+`)

// clean makes kustomize's text fit to be shown: paths as the repository has them, no content of files, no
// value of a Secret, one line, bounded.
func clean(fs *tree.FS, text string) string {
	text = strings.ReplaceAll(text, tree.Root+"/", "")
	text = strings.ReplaceAll(text, tree.Root, ".")
	text = maskSecrets(fs, text)
	for _, quote := range quoting {
		text = quote.pattern.ReplaceAllString(text, quote.instead)
	}
	text = controls.ReplaceAllString(strings.TrimSpace(text), " ")
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + " ..."
	}
	return text
}

func cleanPanic(fs *tree.FS, value any) string { return clean(fs, fmt.Sprint(value)) }
