package simulation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSeeds runs plans of many seeds. RECIBO_SEEDS=FROM-TO says which, beside
// the usual thousand.
func TestSeeds(t *testing.T) {
	from, to := uint64(0), uint64(1000)
	if text := os.Getenv("RECIBO_SEEDS"); text != "" {
		first, last, _ := strings.Cut(text, "-")
		var err, err2 error
		from, err = strconv.ParseUint(first, 10, 64)
		to, err2 = strconv.ParseUint(last, 10, 64)
		if err != nil || err2 != nil {
			t.Fatalf("RECIBO_SEEDS=%s: write FROM-TO, for example 1000-101000", text)
		}
	}
	const at = 50 // seeds in one subtest
	for first := from; first < to; first += at {
		t.Run(fmt.Sprintf("from=%d", first), func(t *testing.T) {
			t.Parallel()
			for seed := first; seed < min(first+at, to); seed++ {
				must(t, fmt.Sprintf("seed %d", seed), draw(seed))
			}
		})
	}
}

// TestRegressions runs the plans that failed once.
func TestRegressions(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var p plan
			if err := json.Unmarshal(text, &p); err != nil {
				t.Fatal(err)
			}
			for range tries {
				must(t, file, p)
			}
		})
	}
}

// must runs a plan, and says how little of it fails when it does.
func must(t *testing.T, name string, p plan) {
	t.Helper()
	problems := run(t, p)
	if len(problems) == 0 {
		return
	}
	p = minimise(t, p)
	if less := run(t, p); len(less) > 0 {
		problems = less
	}
	t.Fatalf("%s: keep this plan in testdata once it is mended:\n%s\n%s", name, p, strings.Join(problems[:min(len(problems), 20)], "\n"))
}
