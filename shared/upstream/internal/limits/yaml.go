package limits

import (
	"bytes"
	"errors"

	"penstock.dev/upstream/internal/fault"

	"go.yaml.in/yaml/v3"
)

// CheckYAML refuses a YAML text whose nesting, whose number of documents, or whose size after all aliases are
// expanded, is above the limits. It parses only where a cheap look says that there may be a reason to; what is
// not YAML passes.
func (l Limits) CheckYAML(text []byte) error {
	if l.Objects > 0 && documentsOf(text) > l.Objects {
		return over("build_objects", "YAML has more than %d documents", l.Objects)
	}
	many := l.YAMLNodes > 0 && nodesAtMost(text) > l.YAMLNodes
	aliases := l.YAMLNodes > 0 && bytes.IndexByte(text, '&') >= 0 && bytes.IndexByte(text, '*') >= 0
	deep := l.YAMLDepth > 0 && nestingAtMost(text) > l.YAMLDepth
	if !many && !aliases && !deep {
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	m := measure{limits: l, sizes: map[*yaml.Node]int64{}}
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return nil // the end, or a syntax error that kustomize reports where it matters
		}
		if _, err := m.size(&document, 0); err != nil {
			return err
		}
	}
}

func over(limit, format string, args ...any) error {
	return errors.New(fault.Over(limit, format, args...).Text)
}

// documentsOf counts the documents that hold more than comments.
func documentsOf(text []byte) int {
	found, empty := 0, true
	for line := range bytes.Lines(text) {
		switch line = bytes.TrimSpace(line); {
		case bytes.HasPrefix(line, []byte("---")):
			empty = true
		case empty && len(line) > 0 && line[0] != '#':
			found, empty = found+1, false
		}
	}
	return found
}

// nodesAtMost is an upper bound of the nodes of a text without aliases: what separates them, and their keys.
func nodesAtMost(text []byte) int64 {
	separators, last := int64(1), byte(' ')
	for _, c := range text {
		switch {
		case c == '\n', c == ',', c == ':', c == '[', c == '{':
			separators++
		case c == ' ' && (last == '-' || last == '?'):
			separators++
		}
		last = c
	}
	return separators
}

// nestingAtMost is an upper bound of the nesting: indentation, and brackets that are open at once.
func nestingAtMost(text []byte) int {
	deepest, open := 0, 0
	for line := range bytes.Lines(text) {
		indent := len(line) - len(bytes.TrimLeft(line, " -?:"))
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			deepest = max(deepest, open+indent)
		}
	}
	return deepest
}

type measure struct {
	limits Limits
	sizes  map[*yaml.Node]int64
}

const inProgress = -1

var errCycle = errors.New("a YAML alias contains itself")

// size gives the number of nodes below and including node, each alias counted as what it stands for.
func (m measure) size(node *yaml.Node, depth int) (int64, error) {
	if m.limits.YAMLDepth > 0 && depth > m.limits.YAMLDepth+1 { // the document node is one level
		return 0, over("yaml_depth", "YAML nesting is above the limit of %d", m.limits.YAMLDepth)
	}
	if known, seen := m.sizes[node]; seen {
		if known == inProgress {
			return 0, errCycle
		}
		return known, nil
	}
	m.sizes[node] = inProgress
	total := int64(1)
	children := node.Content
	if node.Kind == yaml.AliasNode {
		children = []*yaml.Node{node.Alias}
	}
	for _, child := range children {
		size, err := m.size(child, depth+1)
		if err != nil {
			return 0, err
		}
		total += size
		if m.limits.YAMLNodes > 0 && total > m.limits.YAMLNodes {
			return 0, over("yaml_nodes", "YAML has more than %d nodes after its aliases are expanded", m.limits.YAMLNodes)
		}
	}
	m.sizes[node] = total
	return total, nil
}
