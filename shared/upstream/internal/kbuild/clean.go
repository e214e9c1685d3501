package kbuild

import (
	"fmt"
	"regexp"
	"strings"

	"penstock.dev/upstream/internal/tree"
)

const longestText = 2000

// quoting is where kustomize's messages hold the content of files; the group, if any, is what stays.
var quoting = []*regexp.Regexp{
	regexp.MustCompile("(cannot unmarshal )!!\\w+ `[^`]*`"),
	regexp.MustCompile(`(\[patch): \\*"[\s\S]*?\\*"\]`),
	regexp.MustCompile(`(missing [\w.]+ in object|empty item at .*? in object) .*`),
	regexp.MustCompile("(with config: )`[\\s\\S]*`"),
	regexp.MustCompile(`(must specify one of patch and path|patch and path can't be set at the same time)[\s\S]*`),
	regexp.MustCompile(`(invalid literal source) [\s\S]*?(?:, expected)`),
	regexp.MustCompile(`(has invalid utf8 bytes) :[\s\S]*`),
	regexp.MustCompile(`(for the following resource:)[\s\S]*`),
	regexp.MustCompile(`(node contents:)[\s\S]*`),
	regexp.MustCompile(`((?:merging from|annotations for) generator) [&{][\s\S]*\}`),
	regexp.MustCompile(`(merging vars) \[[\s\S]*?\]`),
}

var controls = regexp.MustCompile(`[\x00-\x1f\x7f]+`)

// clean makes kustomize's text fit to be shown: paths as the repository has them, no content of files, no
// value of a Secret, one line, bounded.
func clean(fs *tree.FS, text string) string {
	text = strings.ReplaceAll(text, tree.Root+"/", "")
	text = strings.ReplaceAll(text, tree.Root, ".")
	text = maskSecrets(fs, text)
	for _, pattern := range quoting {
		text = pattern.ReplaceAllString(text, "$1 (content not shown)")
	}
	text = controls.ReplaceAllString(strings.TrimSpace(text), " ")
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + " ..."
	}
	return text
}

func cleanPanic(fs *tree.FS, value any) string { return clean(fs, fmt.Sprint(value)) }
