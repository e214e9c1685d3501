package limits

import (
	"bytes"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// CheckYAML refuses a YAML text whose nesting, or whose size after all aliases are expanded, is above the
// limits. It parses only where a cheap look says that there may be a reason to; what is not YAML passes.
func (l Limits) CheckYAML(text []byte) error {
	aliases := l.YAMLNodes > 0 && bytes.IndexByte(text, '&') >= 0 && bytes.IndexByte(text, '*') >= 0
	deep := l.YAMLDepth > 0 && nestingAtMost(text) > l.YAMLDepth
	if !aliases && !deep {
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
		return 0, fmt.Errorf("YAML nesting is above the limit of %d", m.limits.YAMLDepth)
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
			return 0, fmt.Errorf("YAML has more than %d nodes after its aliases are expanded", m.limits.YAMLNodes)
		}
	}
	m.sizes[node] = total
	return total, nil
}
