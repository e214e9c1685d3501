package envtext

import (
	"strings"
	"testing"
)

func TestEachLineGetsItsValuesAndEndsWithALineBreak(t *testing.T) {
	values := map[string][]byte{"REPO": []byte("fleet"), "EMPTY": nil}
	for text, wanted := range map[string]string{
		"name: ${REPO}":                        "name: fleet\n",
		"name: ${REPO}\n":                      "name: fleet\n",
		"a: $REPO\r\nb: ${NONE:=d}\n\n":        "a: $REPO\nb: d\n\n",
		"${EMPTY:-x}${NONE}${REPO^^} $${REPO}": "xFLEET ${REPO}\n",
		"":                                     "",
	} {
		got, err := Substitute(Request{Text: []byte(text), Values: values})
		if err != nil || string(got) != wanted {
			t.Errorf("%q gives %q, %v, not %q", text, got, err, wanted)
		}
	}
}

func TestAMissingVariableIsAnErrorWhereThatIsWanted(t *testing.T) {
	_, err := Substitute(Request{Text: []byte("a: 1\nb: ${NONE}\n"), Strict: true})
	if err == nil || err.Error() != `line 2: variable not set (strict mode): "NONE"` {
		t.Errorf("said: %v", err)
	}
	if _, err := Substitute(Request{Text: []byte("b: ${NONE:-}"), Strict: true}); err != nil {
		t.Errorf("a default is one, an empty one too: %v", err)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	long := Request{Text: []byte(strings.Repeat("x", longestLine))}
	if _, err := Substitute(long); err == nil || !strings.Contains(err.Error(), "line 1 is longer") {
		t.Errorf("said: %v", err)
	}
	much := Request{Text: []byte("${A}\n${A}\n"), Values: map[string][]byte{"A": []byte("12345")}, Most: 8}
	if _, err := Substitute(much); err == nil || !strings.Contains(err.Error(), "PENSTOCK_LIMIT_BUILD_OUTPUT_BYTES") {
		t.Errorf("said: %v", err)
	}
}
