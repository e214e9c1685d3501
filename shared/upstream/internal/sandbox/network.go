// Package sandbox takes from the process what a build must not have: network, processes, files, environment.
package sandbox

import (
	"errors"
	"net/http"
	"os"

	"penstock.dev/upstream/internal/kbuild"
)

// Strip takes what can be taken without the kernel: HTTP, the environment, and with it every program.
func Strip() {
	http.DefaultTransport = refusing{}
	http.DefaultClient = &http.Client{Transport: refusing{}}
	os.Clearenv()
}

type refusing struct{}

// RoundTrip refuses every request, before any name is resolved.
func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New(kbuild.NoNetwork)
}
