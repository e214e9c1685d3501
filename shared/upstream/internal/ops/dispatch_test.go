package ops

import (
	"encoding/json"
	"testing"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/tree"
	"penstock.dev/upstream/internal/wire"
)

func ask(t *testing.T, head string) response {
	t.Helper()
	server := NewServer(nil, tree.NewStore(1, 1), "none")
	return server.answer(wire.Message{Head: json.RawMessage(head)})
}

func TestARequestThatIsNotUnderstoodIsAnswered(t *testing.T) {
	for head, code := range map[string]fault.Code{
		`{"id":7,"op":"nothing"}`:                          fault.Request,
		`{"id":7}`:                                         fault.Request,
		`{"id":"seven","op":"version"}`:                    fault.Request,
		`{"id":7,"op":"semver","range":1}`:                 fault.Request,
		`{"id":7,"op":"semver","range":"main"}`:            fault.Range,
		`{"id":7,"op":"build","tree":"unknown"}`:           fault.UnknownTree,
		`{"id":7,"op":"build","limits":{"seconds":"one"}}`: fault.Request,
	} {
		if got := ask(t, head); got.Error == nil || got.Error.Code != code {
			t.Errorf("%s: %+v", head, got.Error)
		}
	}
}

func TestAPanicIsAnAnswerThatHidesItsValue(t *testing.T) {
	operations["panic"] = func(*Server, wire.Message) (any, error) { panic("secret") }
	defer delete(operations, "panic")
	got := ask(t, `{"id":7,"op":"panic"}`)
	if got.ID != 7 || got.Error == nil || got.Error.Text != `panic in "panic" (string)` {
		t.Errorf("%+v", got.Error)
	}
}

func TestContentsThatDoNotFitTheirSizesAreRefused(t *testing.T) {
	for _, sizes := range [][]int64{{3}, {1, 3}, {-1, 2}, {1, 1, 1}} {
		if _, err := cut([]byte("abc"), sizes, 2); err == nil {
			t.Errorf("%v were taken", sizes)
		}
	}
	if parts, err := cut([]byte("abc"), []int64{1, 2}, 2); err != nil || string(parts[1]) != "bc" {
		t.Errorf("%q %v", parts, err)
	}
}
