package main

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// chaos is what goes wrong on request; the seed and the message alone decide, not the time.
type chaos struct {
	duplicate float64
	reorder   time.Duration
	seed      uint64
}

// chance is what befalls one delivery.
type chance struct {
	again bool
	delay time.Duration
}

func (c chaos) of(key string, attempt int) chance {
	digest := fnv.New64a()
	_, _ = digest.Write([]byte(key))
	random := rand.New(rand.NewPCG(c.seed, digest.Sum64()+uint64(attempt)))
	found := chance{again: random.Float64() < c.duplicate}
	if c.reorder > 0 {
		found.delay = time.Duration(random.Int64N(int64(c.reorder)))
	}
	return found
}
