package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"recibo/internal/config"
)

// printJSON writes one object as one line.
func (e *environment) printJSON(v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// result writes v as JSON, or what text makes of it.
func (e *environment) result(form config.Output, v any, text func() [][]string) error {
	if form == config.JSON {
		return e.printJSON(v)
	}
	t := e.table()
	for _, row := range text() {
		t.row(row...)
	}
	return t.close()
}

// table aligns columns. Long lists are aligned in blocks, so that they are
// printed while they are read.
type table struct {
	env  *environment
	tab  *tabwriter.Writer
	rows int
}

const tableBlock = 500

func (e *environment) table(header ...string) *table {
	t := &table{env: e, tab: tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)}
	if len(header) > 0 {
		t.row(header...)
	}
	return t
}

// row writes one row. Control characters, which come from outside, are taken
// out: they could redraw the terminal.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = printable(c)
	}
	fmt.Fprintln(t.tab, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	if t.rows++; t.rows%tableBlock == 0 {
		_ = t.tab.Flush() // the error stays in the buffered output below
	}
}

func (t *table) close() error {
	if err := t.tab.Flush(); err != nil {
		return err
	}
	return t.env.out.Flush()
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// number groups digits: 20,000.
func number(n int64) string { return humanize.Comma(n) }

// plural writes a count with its noun.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func maybeNumber(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return number(*n)
}

func text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// dash stands for an empty cell.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// milliseconds writes a duration for people: 850ms, 3.2s, 2m5s.
func milliseconds(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return d.String()
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func maybeMilliseconds(ms *int64) string {
	if ms == nil {
		return "-"
	}
	return milliseconds(*ms)
}

// money writes totals by currency: "BRL 1,234.50, USD 3.00".
func money(amounts map[string]string) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		parts = append(parts, currency+" "+groupDecimal(amounts[currency]))
	}
	return dash(strings.Join(parts, ", "))
}

// groupDecimal groups the digits of an exact decimal without a float.
func groupDecimal(decimal string) string {
	whole, fraction, pointed := strings.Cut(decimal, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if pointed {
		whole += "." + fraction
	}
	return whole
}

// byReason writes counts by reason: "conflict 20, malformed 100".
func byReason[K ~string](counts map[K]int64) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, string(reason)+" "+number(counts[reason]))
	}
	return dash(strings.Join(parts, ", "))
}
