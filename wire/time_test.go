package wire_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"recibo/wire"
)

// corpus returns the messages of the committed fuzzing corpus, by file.
func corpus(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/fuzz/*/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	bodies := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(text, []byte("\n"))
		quoted, isBody := bytes.CutPrefix(lines[1], []byte("[]byte("))
		if !isBody { // arguments that make an event, not a message
			continue
		}
		body, err := strconv.Unquote(string(bytes.TrimSuffix(quoted, []byte(")"))))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		bodies[file] = body
	}
	return bodies
}

// everyMessage is the corpus, the tables of fates, and messages of many sizes
// that are made to be slow.
func everyMessage(t testing.TB) map[string]string {
	t.Helper()
	all := corpus(t)
	for i, body := range seedBodies() {
		all[fmt.Sprint("table ", i)] = body
	}
	for i, c := range invalidControls {
		all[fmt.Sprint("control ", i)] = c.body
	}
	for size := 100; size < 60<<10; size = 5 * size / 2 {
		for _, messages := range []map[string]string{hostile(size), hostileControls(size)} {
			for name, body := range messages {
				all[fmt.Sprint(name, ", ", size)] = body
			}
		}
	}
	return all
}

// smallMessage is the size in bytes below which the bytes of a message are not
// what it costs: up to eight faults with their hints are.
const smallMessage = 256

// TestDecodeTimePerByte demands that no message costs more than four times as
// much for each of its bytes as the median of all that are about as long.
// Times are the best of several runs, and what seems too slow is measured
// again: the machine is shared.
func TestDecodeTimePerByte(t *testing.T) {
	const most, tries = 4, 5
	groups := map[int][]string{}
	all := everyMessage(t)
	for name, body := range all {
		if len(body) <= wire.DefaultMaxBytes {
			group := bits.Len(uint(max(len(body), smallMessage)))
			groups[group] = append(groups[group], name)
		}
	}
	for group, names := range groups {
		cost := map[string]float64{}
		for _, name := range names {
			cost[name] = perByte(all[name])
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Compare(cost[a], cost[b]) })
		median := cost[names[len(names)/2]]
		for _, name := range names {
			for i := 0; i < tries && cost[name] > most*median; i++ {
				cost[name] = min(cost[name], perByte(all[name]))
			}
			if cost[name] > most*median {
				t.Errorf("%s: %.2f ns a byte, the median of %d messages of up to %d bytes is %.2f",
					name, cost[name], len(names), 1<<group, median)
			}
		}
	}
}

// perByte is the best of several runs, in nanoseconds.
func perByte(body string) float64 {
	best := time.Duration(1 << 62)
	bytes := []byte(body)
	for range 15 {
		start := time.Now()
		_, _ = wire.Read(bytes, wire.Options{})
		best = min(best, time.Since(start))
	}
	return float64(best.Nanoseconds()) / float64(max(len(body), smallMessage))
}
