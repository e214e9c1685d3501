// Package limits is how large the input and the output of one build may be; penstock sends the numbers.
package limits

// Limits of one build; zero means none.
type Limits struct {
	InputBytes     int64   `json:"input_bytes"`    // contents of all files that are read, each time they are
	Reads          int     `json:"reads"`          // file reads
	Kustomizations int     `json:"kustomizations"` // reads of kustomization files: how often a base is built
	YAMLNodes      int64   `json:"yaml_nodes"`     // nodes of one file, aliases expanded
	YAMLDepth      int     `json:"yaml_depth"`     // nesting of one file, or of one object
	Objects        int     `json:"objects"`        // objects that come out
	OutputBytes    int64   `json:"output_bytes"`   // their size as JSON
	Seconds        float64 `json:"seconds"`        // wall time, then the process ends itself
}
