package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const childVariable = "PENSTOCK_SANDBOX_TEST"

// TestMain lets the test binary run once more as a process that may be locked for good.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		inside()
		return
	}
	os.Exit(m.Run())
}

// inside tries everything that must fail, and prints what did not.
func inside() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println("no listener:", err)
		return
	}
	Strip()
	if _, err := Lock(); err != nil {
		fmt.Println("not locked:", err)
		return
	}
	for name, try := range map[string]func() error{
		"HTTP":        func() error { _, err := http.Get("http://" + listener.Addr().String()); return err },
		"TCP":         func() error { _, err := net.Dial("tcp", listener.Addr().String()); return err },
		"UDP":         func() error { _, err := net.Dial("udp", "127.0.0.1:53"); return err },
		"Unix":        func() error { _, err := net.Dial("unix", "/run/none"); return err },
		"a program":   func() error { return exec.Command("/bin/true").Run() },
		"git":         func() error { _, err := exec.LookPath("git"); return err },
		"reading":     func() error { _, err := os.ReadFile("/proc/self/environ"); return err },
		"writing":     func() error { return os.WriteFile("/tmp/penstock-sandbox-test", nil, 0o600) },
		"a folder":    func() error { _, err := os.MkdirTemp("", ""); return err },
		"the process": func() error { _, err := os.StartProcess("/bin/true", nil, &os.ProcAttr{}); return err },
	} {
		if try() == nil {
			fmt.Println(name, "is possible")
		}
	}
	done := make(chan bool) // threads must still start
	for range 64 {
		go func() { done <- true }()
	}
	for range 64 {
		<-done
	}
	fmt.Println("locked")
}

func TestALockedProcessCanDoNothingButThink(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = []string{childVariable + "=1"}
	out, err := child.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "locked" {
		t.Errorf("%v: %s", err, out)
	}
}
