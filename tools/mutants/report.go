package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// What gremlins says of a mutant.
const (
	killed     = "KILLED"
	lived      = "LIVED"
	timedOut   = "TIMED OUT"
	notCovered = "NOT COVERED"
	noProgram  = "NOT VIABLE"
)

// mutant is one changed token.
type mutant struct {
	File   string
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Type   string `json:"type"`
	Status string `json:"status"`
}

// report is what became of the mutants of one package.
type report struct {
	name    string
	mutants []mutant
}

func readReport(name, path string) (report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return report{}, err
	}
	var all struct {
		Files []struct {
			Name    string   `json:"file_name"`
			Mutants []mutant `json:"mutations"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return report{}, fmt.Errorf("%s: %w", path, err)
	}
	r := report{name: name}
	for _, f := range all.Files {
		for _, m := range f.Mutants {
			m.File = filepath.Join(name, f.Name)
			r.mutants = append(r.mutants, m)
		}
	}
	slices.SortFunc(r.mutants, func(a, b mutant) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Type, b.Type))
	})
	return r, nil
}

func (r *report) count(status string) (n int) {
	for _, m := range r.mutants {
		if m.Status == status {
			n++
		}
	}
	return n
}

// efficacy is the percent killed of killed and lived.
func (r *report) efficacy() float64 {
	return 100 * float64(r.count(killed)) / float64(max(1, r.count(killed)+r.count(lived)))
}

// writeTable writes a line for each package, and one for each mutant that tests
// did not kill, with the line of its source.
func writeTable(w io.Writer, all []report) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "package\tkilled\tlived\ttimed out\tnot covered\tnot viable\tefficacy\t")
	for _, r := range all {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%.1f %%\t\n", r.name, r.count(killed), r.count(lived),
			r.count(timedOut), r.count(notCovered), r.count(noProgram), r.efficacy())
	}
	_ = table.Flush()
	for _, status := range []string{lived, notCovered, timedOut} {
		for _, r := range all {
			for _, m := range r.mutants {
				if m.Status == status {
					fmt.Fprintf(w, "%s: %s:%d:%d: %s: %s\n", strings.ToLower(status), m.File, m.Line, m.Column, m.Type, sourceLine(m))
				}
			}
		}
	}
}

// sourceLine is the line that was changed, for whoever reads the table.
func sourceLine(m mutant) string {
	text, err := os.ReadFile(m.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if m.Line < 1 || m.Line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[m.Line-1])
}
