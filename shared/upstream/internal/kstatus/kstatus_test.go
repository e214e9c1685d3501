package kstatus

import "testing"

func TestEachKindIsJudgedByItsOwnRule(t *testing.T) {
	for object, state := range map[string]string{
		`{"apiVersion":"v1","kind":"ConfigMap"}`:                                                         "Current",
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"deletionTimestamp":"2030-01-01T00:00:00Z"}}`: "Terminating",
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"generation":1},"spec":{"replicas":1}}`: "InProgress",
		`{"apiVersion":"apps/v1","kind":"Deployment","status":{"conditions":[
			{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}}`: "Failed",
		`{"apiVersion":"x.example/v1","kind":"Any","metadata":{"generation":2},"status":{"observedGeneration":1}}`: "InProgress",
		`{"apiVersion":"x.example/v1","kind":"Any","status":{"conditions":[{"type":"Ready","status":"False"}]}}`:   "InProgress",
		`{"apiVersion":"x.example/v1","kind":"Any","status":{"conditions":[{"type":"Ready","status":"True"}]}}`:    "Current",
		`{"apiVersion":"x.example/v1","kind":"Any","status":{"conditions":[{"type":"Stalled","status":"True"}]}}`:  "Failed",
		`{"apiVersion":"x.example/v1","kind":"Job","status":{"startTime":"2030-01-01T00:00:00Z"}}`:                 "Current",
	} {
		if got := Judge([]byte(object)); got.State != state || got.Error != "" {
			t.Errorf("%s: %+v", object, got)
		}
	}
}

func TestAJobIsCurrentWhenItIsDone(t *testing.T) {
	for status, state := range map[string]string{
		`"status":{}`: "InProgress",
		`"status":{"startTime":"2030-01-01T00:00:00Z","active":1}`:           "InProgress",
		`"status":{"conditions":[{"type":"Complete","status":"True"}]}`:      "Current",
		`"status":{"conditions":[{"type":"Complete","status":"False"}]}`:     "InProgress",
		`"status":{"conditions":[{"type":"Failed","status":"True"}]}`:        "Failed",
		`"status":{"conditions":[{"type":"FailureTarget","status":"True"}]}`: "InProgress",
		`"spec":{"suspend":true}`: "Current",
	} {
		if got := Judge([]byte(`{"apiVersion":"batch/v1","kind":"Job",` + status + `}`)); got.State != state {
			t.Errorf("%s: %+v", status, got)
		}
	}
}

func TestWhatCannotBeJudgedIsUnknownAndSaysWhy(t *testing.T) {
	for _, object := range []string{
		`[]`,
		`{"apiVersion":"v1","kind":"Pod","status":{"phase":"Odd"}}`,
		`{"apiVersion":"v1","kind":"Pod","status":{"phase":"Running","containerStatuses":["odd"]}}`,
		`{"apiVersion":"x.example/v1","kind":"Any","status":{"conditions":"odd"}}`,
		`{"apiVersion":"x.example/v1","kind":"Any","metadata":{"generation":1},"status":{"observedGeneration":"1"}}`,
	} {
		if got := Judge([]byte(object)); got.State != "Unknown" || got.Error == "" {
			t.Errorf("%s: %+v", object, got)
		}
	}
}
