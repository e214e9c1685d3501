package kbuild

import (
	"bytes"
	"encoding/base64"
	"strings"

	"go.yaml.in/yaml/v3"
	"penstock.dev/upstream/internal/tree"
)

const (
	shortestSecret = 4 // shorter values would mask parts of ordinary words
	mask           = "***"
)

// maskSecrets hides every value of a Secret, or of a Secret's generator, among the files that were read.
func maskSecrets(fs *tree.FS, text string) string {
	for _, file := range fs.Reads().Files {
		content := fs.Peek(file)
		if !bytes.Contains(bytes.ToLower(content), []byte("secret")) {
			continue
		}
		for _, value := range secretValues(content) {
			if len(value) >= shortestSecret {
				text = strings.ReplaceAll(text, value, mask)
			}
		}
	}
	return text
}

func secretValues(content []byte) []string {
	var values []string
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var document struct {
			Kind       string         `yaml:"kind"`
			Data       map[string]any `yaml:"data"`
			StringData map[string]any `yaml:"stringData"`
			Generator  []struct {
				Literals []string `yaml:"literals"`
			} `yaml:"secretGenerator"`
		}
		if decoder.Decode(&document) != nil {
			return values
		}
		for _, generator := range document.Generator {
			for _, literal := range generator.Literals {
				_, value, _ := strings.Cut(literal, "=")
				values = append(values, value)
			}
		}
		if document.Kind == "Secret" {
			encoded := texts(document.Data)
			values = append(append(append(values, encoded...), decoded(encoded)...), texts(document.StringData)...)
		}
	}
}

func texts(data map[string]any) []string {
	var values []string
	for _, value := range data {
		if text, ok := value.(string); ok {
			values = append(values, text)
		}
	}
	return values
}

func decoded(values []string) []string {
	var plain []string
	for _, value := range values {
		if text, err := base64.StdEncoding.DecodeString(value); err == nil {
			plain = append(plain, string(text))
		}
	}
	return plain
}
