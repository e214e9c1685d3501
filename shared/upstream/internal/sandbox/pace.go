package sandbox

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A small heap may grow by this much before it is collected, a large one by half of its size.
const (
	room  = 16 << 20
	least = 50
	most  = 300
)

// Pace makes the collector leave a small heap alone for longer, where that saves time and takes little
// memory. It looks anew after each collection.
func Pace() {
	debug.SetGCPercent(most)
	afterNext()
}

// cycle is garbage at once: its finalizer runs after the next collection.
type cycle struct{ _ *cycle }

func afterNext() {
	runtime.SetFinalizer(new(cycle), func(*cycle) {
		debug.SetGCPercent(percent(live()))
		afterNext()
	})
}

func percent(live uint64) int {
	return int(min(max(room*100/max(live, 1), least), most))
}

// live gives the bytes that the last collection has left.
func live() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
