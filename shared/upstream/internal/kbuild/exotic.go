package kbuild

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"

	"sigs.k8s.io/yaml"
)

// Flux writes its build as YAML and reads that back before it applies it. Two sorts of values do not come
// back as they were: line breaks of Unicode in a text, and integers of more than 63 bits.

var longNumber = regexp.MustCompile(`[0-9]{19}`)

func isExotic(object []byte) bool {
	for _, lineBreak := range []string{"\u0085", `\u2028`, `\u2029`} { // encoding/json escapes the last two
		if bytes.Contains(object, []byte(lineBreak)) {
			return true
		}
	}
	return longNumber.Match(object)
}

// fromYAML gives the object as it is after Flux's way through YAML.
func fromYAML(text []byte) ([]byte, error) {
	object, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(asKubernetesReads(value))
}

// asKubernetesReads gives a value with its numbers as int64 where they fit and float64 elsewhere, which is
// how Kubernetes decodes an object without a type.
func asKubernetesReads(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = asKubernetesReads(v[key])
		}
	case []any:
		for i := range v {
			v[i] = asKubernetesReads(v[i])
		}
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return whole
		}
		if float, err := v.Float64(); err == nil {
			return float
		}
	}
	return value
}
