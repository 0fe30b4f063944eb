// Package campaign keeps the books of the fault campaign: which faults were
// thrown, what came of them, and which to throw next. The faults themselves are
// in the tests of e2e.
package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Report is what all legs of a campaign found. It is a file that grows.
type Report struct {
	Runs    []*Run            `json:"runs"`
	Skipped map[string]string `json:"skipped,omitempty"` // kinds that this machine cannot have, and why

	path string
}

// Run is one long life of simulator and recorder on a pair of systems.
type Run struct {
	Seed  uint64     `json:"seed"`
	Queue string     `json:"queue"`
	Store string     `json:"store"`
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended"` // nil while it runs, and for ever if its leg was stopped

	Strikes []Strike          `json:"strikes"`
	Notes   map[string]string `json:"notes,omitempty"` // what a system does that another does not
	Failed  []string          `json:"failed,omitempty"`

	// What the books say in the end.
	Sent            int64     `json:"sent"`     // messages that the queue had accepted
	Recorded        int64     `json:"recorded"` // payments
	Held            int64     `json:"held"`     // entries
	Lost            int64     `json:"lost"`
	Doubled         int64     `json:"doubled"`          // payments too many, or of a content that was not sent
	GoodQuarantined int64     `json:"good_quarantined"` // entries of what is not bad
	Recorder        Resources `json:"recorder"`
}

// Resources are the most that one process had.
type Resources struct {
	Bytes       int64 `json:"bytes"` // resident
	Descriptors int   `json:"descriptors"`
	Threads     int   `json:"threads"`
	Goroutines  int   `json:"goroutines"` // in the end, idle
	Fresh       int   `json:"fresh"`      // goroutines of a recorder that was just started, idle
}

// Strike is one fault that was thrown.
type Strike struct {
	Kind     string        `json:"kind"`
	Lasted   time.Duration `json:"lasted_ns"`   // until servers and connections were as before
	Recovery time.Duration `json:"recovery_ns"` // from then to the next payment
	Bound    time.Duration `json:"bound_ns"`    // that recovery had to keep to
}

// Proved tells whether the run came to its end and everything was as it should
// be. Only then do its faults count.
func (r *Run) Proved() bool { return r.Ended != nil && len(r.Failed) == 0 }

// Pair names the run's systems.
func (r *Run) Pair() string { return r.Queue + "," + r.Store }

// Open reads the report in a file, or begins one if there is none or it shall
// begin anew.
func Open(path string, anew bool) (*Report, error) {
	r := &Report{path: path, Skipped: map[string]string{}}
	text, err := os.ReadFile(path)
	if anew || errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil {
		return nil, fmt.Errorf("report of the campaign %s: %w", path, err)
	}
	return r, nil
}

// Add begins a run. What it becomes is in the file with the next Save.
func (r *Report) Add(run *Run) { r.Runs = append(r.Runs, run) }

// Save writes the file, and the table beside it as .txt: whole or not at all,
// so that a leg can be stopped at any moment.
func (r *Report) Save() error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	table := r.path[:len(r.path)-len(filepath.Ext(r.path))] + ".txt"
	return errors.Join(replace(r.path, append(text, '\n')), replace(table, []byte(r.Table())))
}

func replace(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Thrown counts the faults of a kind in proved runs.
func (r *Report) Thrown() map[string]int {
	n := map[string]int{}
	for _, run := range r.Runs {
		if run.Proved() {
			for _, s := range run.Strikes {
				n[s.Kind]++
			}
		}
	}
	return n
}
