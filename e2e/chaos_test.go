//go:build chaos

package e2e_test

import (
	"fmt"
	"testing"
)

// TestChaosKills is TestRecorderKilled for a long while, another stream and
// other moments each time.
func TestChaosKills(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { killRecorder(t, seed, 200_000, 20) })
	}
}

// TestChaosHosts kills host and client of the embedded queue again and again.
func TestChaosHosts(t *testing.T) {
	for round := range 10 {
		t.Run(fmt.Sprint(round), TestHostAndClientKilled)
	}
}
