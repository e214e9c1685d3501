// Prints random .sourceignore rules and paths, one JSON object a line, with what fluxcd/pkg/sourceignore makes of
// them: `out` has one digit for each path as a file and one for it as a folder. Always the same cases.
package main

import (
	"encoding/json"
	"log"
	"math/rand"
	"os"
	"strings"

	"github.com/fluxcd/pkg/sourceignore"
	"github.com/fluxcd/pkg/sourceignore/gitignore"
)

const (
	seed         = 7
	cases        = 400
	pathsPerCase = 8
)

// The names that paths are made of.
var names = []string{
	"a", "b", "ab", "abc", "a.yaml", "b.png", "c.d", ".github", ".gitignore", "[x]", "a-b", "é", "dir",
	"README.md", "x.tar.gz", ".sops.yaml",
}

// The parts that rules are made of, broken ones among them.
var globs = []string{
	"a", "b", "ab", "abc", "*.yaml", "*.png", "*", "?", "a*", "*b", "a?c", "[ab]", "[^a]", "[a-c]*", "[!a]",
	"**", "**foo", "a**", "[", "[]", "[a", "\\*", "\\[x\\]", "\\", "a\\", "é", "?.d", "dir", "", "*a*b*",
	"[a-]", "[z-a]", "[]a]", "[^]", "\\ ", "README.md", ".github", "**.yaml",
}

// Folders that may hold a .sourceignore, in the order in which Flux reads them.
var folders = [][]string{nil, {"a"}, {"a", "b"}, {"dir"}}

type rulesFile struct {
	Dir  string `json:"dir"`
	Text string `json:"text"`
}

type testCase struct {
	Files []rulesFile `json:"files"`
	Spec  *string     `json:"spec"`
	Paths []string    `json:"paths"`
	Out   string      `json:"out"`
}

type generator struct{ *rand.Rand }

func (g generator) oneIn(n int) bool { return g.Intn(n) == 0 }

func (g generator) joined(count int, parts []string) string {
	var chosen []string
	for range count {
		chosen = append(chosen, parts[g.Intn(len(parts))])
	}
	return strings.Join(chosen, "/")
}

func (g generator) rule() string {
	rule := g.joined(1+g.Intn(3), globs)
	for _, change := range []struct {
		oneIn         int
		before, after string
	}{{4, "/", ""}, {4, "", "/"}, {4, "!", ""}, {12, "#", ""}, {12, "", "  "}, {12, " ", ""}, {12, "", "\r"}} {
		if g.oneIn(change.oneIn) {
			rule = change.before + rule + change.after
		}
	}
	return rule
}

func (g generator) rules() string {
	var lines []string
	for range g.Intn(5) {
		lines = append(lines, g.rule())
	}
	text := strings.Join(lines, "\n")
	if g.oneIn(2) {
		text += "\n"
	}
	return text
}

func (g generator) next() testCase {
	var made testCase
	var patterns []gitignore.Pattern
	for _, folder := range folders {
		if !g.oneIn(3) {
			continue
		}
		text := g.rules()
		made.Files = append(made.Files, rulesFile{strings.Join(folder, "/"), text})
		patterns = append(patterns, sourceignore.ReadPatterns(strings.NewReader(text), folder)...)
	}
	if g.oneIn(2) {
		text := g.rules()
		made.Spec = &text
		patterns = append(patterns, sourceignore.ReadPatterns(strings.NewReader(text), nil)...)
	}
	g.judge(&made, matcher(patterns))
	return made
}

// matcher combines the patterns with Flux's own as its storage does.
func matcher(patterns []gitignore.Pattern) gitignore.Matcher {
	if len(patterns) == 0 {
		return sourceignore.NewDefaultMatcher(nil, nil)
	}
	return sourceignore.NewMatcher(append(sourceignore.VCSPatterns(nil), patterns...))
}

func (g generator) judge(made *testCase, matcher gitignore.Matcher) {
	for range pathsPerCase {
		path := g.joined(1+g.Intn(4), names)
		made.Paths = append(made.Paths, path)
		for _, isFolder := range []bool{false, true} {
			if matcher.Match(strings.Split(path, "/"), isFolder) {
				made.Out += "1"
			} else {
				made.Out += "0"
			}
		}
	}
}

func main() {
	g := generator{rand.New(rand.NewSource(seed))}
	lines := json.NewEncoder(os.Stdout)
	for range cases {
		if err := lines.Encode(g.next()); err != nil {
			log.Fatal(err)
		}
	}
}
