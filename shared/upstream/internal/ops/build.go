package ops

import (
	"os"
	"time"

	"penstock.dev/upstream/internal/fault"
	"penstock.dev/upstream/internal/kbuild"
	"penstock.dev/upstream/internal/tree"
	"penstock.dev/upstream/internal/wire"
)

// overdue is the exit code of a process that ended itself because a build did not.
const overdue = 3

type buildRequest struct {
	ID   int64  `json:"id"`
	Tree string `json:"tree"`
	kbuild.Request
}

type buildResult struct {
	kbuild.Built
	tree.Reads
}

type overlayResult struct {
	Path    string `json:"path"`
	Content string `json:"content"`
	Created bool   `json:"created"`
	tree.Reads
}

// build gives the objects of one folder of a tree.
func build(s *Server, m wire.Message) (any, error) {
	return s.onTree(m, func(fs *tree.FS, request buildRequest) (any, error) {
		built, err := kbuild.Build(fs, request.Request)
		return buildResult{built, fs.Reads()}, err
	})
}

// overlay gives the kustomization file that a build would be made with.
func overlay(s *Server, m wire.Message) (any, error) {
	return s.onTree(m, func(fs *tree.FS, request buildRequest) (any, error) {
		fields := kbuild.Overlay{}
		if request.Overlay != nil {
			fields = *request.Overlay
		}
		generated, err := kbuild.Overlaid(fs, request.Path, fields)
		return overlayResult{generated.Path, string(generated.Content), generated.Created, fs.Reads()}, err
	})
}

func (s *Server) onTree(m wire.Message, work func(*tree.FS, buildRequest) (any, error)) (any, error) {
	var request buildRequest
	if err := decode(m, &request); err != nil {
		return nil, err
	}
	t := s.trees.Get(request.Tree)
	if t == nil {
		return nil, fault.New(fault.UnknownTree, "tree %q is not here", request.Tree)
	}
	if request.Limits.Seconds > 0 {
		// penstock kills an overdue process; this is for the case that penstock itself is gone
		watchdog := time.AfterFunc(time.Duration(request.Limits.Seconds*float64(time.Second)), func() { os.Exit(overdue) })
		defer watchdog.Stop()
	}
	defer s.trees.Trim()
	fs := tree.NewFS(t, s.fetchFor(request.ID), request.Limits)
	result, err := work(fs, request)
	if err != nil {
		return nil, withReads{err, fs.Reads()}
	}
	return result, nil
}
