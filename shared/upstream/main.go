// Command upstream does for penstock what exists only in Go and must be exact: kustomize builds in memory,
// variables in them, semver ranges, CEL expressions and kstatus. It answers requests on stdin and stdout
// (internal/wire), decides nothing, and has neither network nor processes nor files.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"penstock.dev/upstream/internal/ops"
	"penstock.dev/upstream/internal/sandbox"
	"penstock.dev/upstream/internal/tree"
	"penstock.dev/upstream/internal/wire"
)

func main() {
	memory := flag.Int64("memory-bytes", 1<<30, "memory above which the process ends")
	frame := flag.Int64("frame-bytes", 256<<20, "size above which a message is refused")
	trees := flag.Int("trees", 4, "artifacts that are kept")
	kept := flag.Int64("tree-bytes", 64<<20, "contents of files that are kept between builds")
	flag.Parse()
	if err := serve(*memory, *frame, *trees, *kept); err != nil {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		os.Exit(1)
	}
}

func serve(memory, frame int64, trees int, kept int64) error {
	if err := sandbox.Bound(memory); err != nil {
		return fmt.Errorf("memory limit: %w", err)
	}
	sandbox.Pace()
	sandbox.Strip()
	quiet()
	locked, _ := sandbox.Lock() // penstock sees in "version" whether the kernel takes part
	server := ops.NewServer(wire.New(os.Stdin, os.Stdout, frame), tree.NewStore(trees, kept), locked)
	return server.Serve()
}

// crashes is kept: without a reference its descriptor would be closed, and the runtime's last words lost.
var crashes = os.Stderr

// quiet drops what kustomize prints about deprecated fields; a crash of the runtime still reaches stderr.
func quiet() {
	log.SetOutput(io.Discard)
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}
