package expr

import (
	"bytes"
	"encoding/json"
)

// Object is an object of the cluster with its numbers as Kubernetes reads them: whole ones are int64.
type Object map[string]any

// UnmarshalJSON reads one.
func (o *Object) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var found map[string]any
	if err := decoder.Decode(&found); err != nil {
		return err
	}
	for key, value := range found {
		found[key] = number(value)
	}
	*o = found
	return nil
}

func number(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		real, _ := v.Float64()
		return real
	case map[string]any:
		for key, one := range v {
			v[key] = number(one)
		}
	case []any:
		for i, one := range v {
			v[i] = number(one)
		}
	}
	return value
}
