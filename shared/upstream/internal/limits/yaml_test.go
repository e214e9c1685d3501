package limits

import (
	"fmt"
	"strings"
	"testing"
)

var strict = Limits{YAMLNodes: 1000, YAMLDepth: 20}

func TestAliasesAreCountedAsWhatTheyStandFor(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for n := 1; n < 60; n++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d]\n", n, n, n-1, n-1)
	}
	if err := strict.CheckYAML([]byte(bomb.String())); err == nil || !strings.Contains(err.Error(), "aliases") {
		t.Errorf("a bomb gave %v", err)
	}
	if err := strict.CheckYAML([]byte("a: &a [1, 2]\nb: *a\n---\nc: *d\n")); err != nil {
		t.Errorf("two aliases gave %v", err)
	}
}

func TestABombInAnyDocumentIsFound(t *testing.T) {
	text := "a: 1\n---\na: &a [*a]\n"
	if err := strict.CheckYAML([]byte(text)); err == nil {
		t.Error("a cycle in the second document was not found")
	}
}

func TestNestingIsBounded(t *testing.T) {
	block := ""
	for n := range 30 {
		block += strings.Repeat(" ", n) + "a:\n"
	}
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 30) + strings.Repeat("]", 30),
		"block":    block,
		"dashes":   strings.Repeat("- ", 30) + "x",
	} {
		if err := strict.CheckYAML([]byte(text)); err == nil {
			t.Errorf("%s were taken", name)
		}
	}
}

func TestWhatOnlyLooksDeepPasses(t *testing.T) {
	for _, text := range []string{
		"text: |\n" + strings.Repeat(" ", 60) + "indented\n",
		"text: '" + strings.Repeat("[", 50) + "'\n",
		"- 1\n# " + strings.Repeat("{", 50) + "\n",
		"no yaml: [ & * " + strings.Repeat("[", 50),
		"mail: a & b * c\n",
	} {
		if err := strict.CheckYAML([]byte(text)); err != nil {
			t.Errorf("%q gave %v", text[:20], err)
		}
	}
}

func TestNodesAreCountedWithoutAliasesToo(t *testing.T) {
	for name, text := range map[string]string{
		"a list of brackets": "[" + strings.Repeat("1,", 1000) + "1]\n",
		"a list of lines":    strings.Repeat("- 1\n", 1001),
	} {
		if err := strict.CheckYAML([]byte(text)); err == nil || !strings.Contains(err.Error(), "YAML_NODES") {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if err := strict.CheckYAML([]byte(strings.Repeat("- 1\n", 900))); err != nil {
		t.Errorf("900 nodes gave %v", err)
	}
}

func TestDocumentsAreCountedUnlessTheyAreEmpty(t *testing.T) {
	few := Limits{Objects: 10}
	if err := few.CheckYAML([]byte(strings.Repeat("---\na: 1\n", 11))); err == nil {
		t.Error("11 documents were taken")
	}
	if err := few.CheckYAML([]byte("a: 1\n" + strings.Repeat("---\n# nothing\n", 99))); err != nil {
		t.Errorf("empty documents gave %v", err)
	}
}

func FuzzCheckYAML(f *testing.F) {
	f.Add([]byte("a: &a [*a, {b: *a}]\n"))
	f.Fuzz(func(_ *testing.T, text []byte) { _ = strict.CheckYAML(text) })
}
