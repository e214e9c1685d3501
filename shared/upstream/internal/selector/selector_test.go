package selector

import (
	"reflect"
	"testing"
)

var web = Object{
	Group: "apps", Version: "v1", Kind: "Deployment", Name: "web", Namespace: "default",
	Labels: map[string]string{"app": "web"}, Annotations: map[string]string{"note": "x"},
}

func TestATargetSelectsByAllOfItsFields(t *testing.T) {
	for _, c := range []struct {
		target Target
		want   bool
	}{
		{Target{}, true},
		{Target{Kind: "Deployment", Name: "web", Namespace: "default", Group: "apps", Version: "v1"}, true},
		{Target{Name: "we"}, false},
		{Target{Name: "w.*"}, true},
		{Target{Name: "api|web"}, true},
		{Target{Kind: "Deploy"}, false},
		{Target{Group: "batch"}, false},
		{Target{Namespace: "kube-.*"}, false},
		{Target{LabelSelector: "app=web"}, true},
		{Target{LabelSelector: "app notin (web)"}, false},
		{Target{LabelSelector: "!other", AnnotationSelector: "note in (x,y)"}, true},
		{Target{AnnotationSelector: "note=z"}, false},
	} {
		got, err := Matches([]Target{c.target}, []Object{web})
		if err != nil || (len(got[0]) == 1) != c.want {
			t.Errorf("%+v: %v, %v", c.target, got, err)
		}
	}
}

func TestTheTargetsOfEachObjectAreToldInOrder(t *testing.T) {
	got, err := Matches([]Target{{Kind: "Deployment"}, {Name: "none"}, {}}, []Object{web, {Kind: "Service"}})
	if want := [][]int{{0, 2}, {2}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestATargetThatCannotBeReadIsNamed(t *testing.T) {
	for target, want := range map[Target]string{
		{Name: "("}:                          "invalid name regex: error parsing regexp: missing closing ): `^(?:()$`",
		{LabelSelector: "a in"}:              "",
		{AnnotationSelector: "=", Name: "x"}: "",
	} {
		_, err := Matches([]Target{target}, nil)
		if err == nil || (want != "" && err.Error() != want) {
			t.Errorf("%+v: %v", target, err)
		}
	}
}
