package sandbox

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestASmallHeapGrowsByMoreThanALargeOne(t *testing.T) {
	for live, want := range map[uint64]int{0: 300, 1 << 20: 300, 8 << 20: 200, 16 << 20: 100, 32 << 20: 50, 1 << 30: 50} {
		if got := percent(live); got != want {
			t.Errorf("percent(%d) = %d, want %d", live, got, want)
		}
	}
}

func TestTheCollectorIsPacedAnewAfterEachCollection(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(most))
	Pace()
	for _, size := range []int{64 << 20, 0} {
		held, want := make([]byte, size), percent(uint64(size))
		for until := time.Now().Add(time.Minute); now() != want; runtime.Gosched() {
			if runtime.GC(); time.Now().After(until) {
				t.Fatalf("with %d bytes the collector is at %d, want %d", size, now(), want)
			}
		}
		runtime.KeepAlive(held)
	}
}

func now() int {
	found := debug.SetGCPercent(most)
	debug.SetGCPercent(found)
	return found
}
