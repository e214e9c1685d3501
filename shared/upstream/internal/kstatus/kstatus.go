// Package kstatus judges objects as Flux's health checks do: by kstatus, and Jobs by whether they are done.
package kstatus

import (
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
)

// Judgement is a state in kstatus's words, and the error by which there is none: then it is Unknown.
type Judgement struct {
	State string `json:"state"`
	Error string `json:"error"`
}

// Judge tells the state of an object that is given whole, as JSON.
func Judge(object []byte) (judgement Judgement) {
	defer func() {
		if v := recover(); v != nil {
			judgement = unknown(fmt.Sprintf("the status has not the shape that its kind has (%T)", v))
		}
	}()
	var content map[string]any
	if err := json.Unmarshal(object, &content); err != nil {
		return unknown("the object cannot be read")
	}
	result, err := compute(&unstructured.Unstructured{Object: content})
	if err != nil {
		return unknown(err.Error())
	}
	return Judgement{State: result.String()}
}

func unknown(why string) Judgement {
	return Judgement{status.UnknownStatus.String(), why}
}

func compute(object *unstructured.Unstructured) (status.Status, error) {
	gk := object.GroupVersionKind().GroupKind()
	if gk.Group == "batch" && gk.Kind == "Job" {
		return job(object.Object)
	}
	result, err := status.Compute(object)
	if err != nil {
		return "", err
	}
	return result.Status, nil
}

// job is what Flux has in place of kstatus's own rule, for which a Job that runs is Current already: one is
// done when its condition says so, or while it is suspended (fluxcd/pkg runtime/statusreaders).
func job(object map[string]any) (status.Status, error) {
	if suspended, _, err := unstructured.NestedBool(object, "spec", "suspend"); err == nil && suspended {
		return status.CurrentStatus, nil
	}
	found, err := status.GetObjectWithConditions(object)
	if err != nil {
		return "", err
	}
	for _, condition := range found.Status.Conditions {
		switch {
		case condition.Status != corev1.ConditionTrue:
		case condition.Type == "Complete":
			return status.CurrentStatus, nil
		case condition.Type == "Failed":
			return status.FailedStatus, nil
		}
	}
	return status.InProgressStatus, nil
}
