//go:build chaos

package simulation_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const (
	firstSeed = 1000    // those before are in make test
	lastSeed  = 101_000 // a hundred thousand in all
	seedsALeg = 25_000
)

// TestManySeeds runs the next leg of seeds, and notes in the file
// RECIBO_SEEDS_FILE how far it came, so that the next call goes on. After the last
// one it begins anew.
func TestManySeeds(t *testing.T) {
	file := os.Getenv("RECIBO_SEEDS_FILE")
	if file == "" {
		t.Fatal("RECIBO_SEEDS_FILE is not set: run make chaos")
	}
	next := seedIn(t, file)
	if next >= lastSeed {
		next = firstSeed
	}
	const at = 500 // seeds between two notes
	for end := min(next+seedsALeg, lastSeed); next < end; next += at {
		runSeeds(t, next, min(next+at, end))
		if t.Failed() {
			return
		}
		if err := os.WriteFile(file, []byte(fmt.Sprintln(min(next+at, end))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seeds %d to %d of %d are run", firstSeed, next, lastSeed)
}

func seedIn(t *testing.T, file string) uint64 {
	t.Helper()
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return firstSeed
	}
	seed, parseErr := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err = errors.Join(err, parseErr); err != nil {
		t.Fatal(err)
	}
	return seed
}

// runSeeds runs seeds on all processors, each of them every nth.
func runSeeds(t *testing.T, from, to uint64) {
	workers := uint64(runtime.GOMAXPROCS(0))
	t.Run(fmt.Sprintf("from=%d", from), func(t *testing.T) {
		for worker := range workers {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for seed := from + worker; seed < to; seed += workers {
					must(t, fmt.Sprintf("seed %d", seed), draw(seed))
				}
			})
		}
	})
}
