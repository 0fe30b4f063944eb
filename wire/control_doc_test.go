package wire_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/wire"
)

// page is docs/control-totals.md, by its blocks of code in their order.
type page struct{ message, events, texts, example, python string }

func readPage(t *testing.T) page {
	t.Helper()
	text, err := os.ReadFile("../docs/control-totals.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks, kinds []string
	for _, m := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		kinds, blocks = append(kinds, m[1]), append(blocks, m[2])
	}
	if !slices.Equal(kinds, []string{"json", "json", "text", "json", "python"}) {
		t.Fatalf("the page has blocks %v", kinds)
	}
	return page{blocks[0], blocks[1], blocks[2], blocks[3], blocks[4]}
}

// TestControlPage recomputes the example of docs/control-totals.md.
func TestControlPage(t *testing.T) {
	p := readPage(t)
	m, err := wire.Read([]byte(p.example), wire.Options{})
	if err != nil || m.Control == nil {
		t.Fatalf("the example is no control total: %v", err)
	}
	if got := string(wire.EncodeControl(m.Control)) + "\n"; got != p.example {
		t.Errorf("the example is encoded as\n%s", got)
	}
	if again, err := wire.Read([]byte(p.message), wire.Options{}); err != nil || !cmp.Equal(again, m, totals) {
		t.Errorf("the message that explains the fields is not that of the example: %v", err)
	}
	texts := strings.Split(strings.TrimSpace(p.texts), "\n")
	sum := payment.ControlTotal{Window: m.Control.Window}
	for i, line := range strings.Split(strings.TrimSpace(p.events), "\n") {
		e := accepted(t, line)
		print := payment.FingerprintOf(&e)
		if got := hex.EncodeToString(print[:]); got != texts[2*i+1] {
			t.Errorf("%s\nhas the fingerprint %s, the page says %s of\n%s", line, got, texts[2*i+1], texts[2*i])
		}
		if e.Source != sum.Source || e.OccurredAt.Before(sum.From) || !e.OccurredAt.Before(sum.Until) {
			t.Errorf("%s is not in the window", line)
		}
		sum.Add(e.Amount, print)
	}
	if ds := payment.DiffControl(m.Control, &sum); ds != nil || sum.Count != 3 {
		t.Errorf("the example does not add up: %+v", ds)
	}
}

// TestControlPageCodes makes each code of the page's table happen.
func TestControlPageCodes(t *testing.T) {
	text, err := os.ReadFile("../docs/control-totals.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| code | |")
	table, _, _ = strings.Cut(table, "\n\n")
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(table, -1) {
		told = append(told, m[1])
	}
	var happened []string
	for _, body := range []string{editControl("x", "1"), editControl("recibo_control_total", "2"),
		editControl("amounts", `{"BRL":"1"}`), editControl("count", "0", "amounts", `{}`)} {
		happened = append(happened, string(controlRefused(t, body).Faults[0].Code))
	}
	if !slices.Equal(told, happened) {
		t.Errorf("the page tells of %v, the codes are %v", told, happened)
	}
}

// TestControlPagePython runs the page's sketch on the page's example, and on
// events of which only some are in the window.
func TestControlPagePython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	if err := exec.Command(python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))").Run(); err != nil {
		t.Skip("the sketch is for Python 3.11")
	}
	p := readPage(t)
	script := filepath.Join(t.TempDir(), "control.py")
	if err := os.WriteFile(script, []byte(p.python), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(events, source string) string {
		cmd := exec.Command(python, script, source, "app-1", "2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z")
		cmd.Stdin = strings.NewReader(events)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, &stderr)
		}
		return string(out)
	}
	if got := run(p.events, "mobile-app"); got != p.example {
		t.Errorf("the sketch prints\n%s", got)
	}
	first, _, _ := strings.Cut(p.events, "\n")
	more := p.events + strings.Replace(first, "150.75", "150.76", 1) + "\n" + // the second version of an id
		strings.Replace(strings.Replace(first, "aB9x", "aB9y", 1), "21:00:07", "21:01:00", 1) + "\n" +
		strings.Replace(strings.Replace(first, "aB9x", "aB9z", 1), "mobile-app", "pos", 1) + "\n"
	if got := run(more, "mobile-app"); got != p.example {
		t.Errorf("with what does not count the sketch prints\n%s", got)
	}
	m, err := wire.Read([]byte(run(more, "")), wire.Options{})
	if err != nil || m.Control == nil || m.Control.Count != 0 || m.Control.Source != "" {
		t.Errorf("of no source: %+v, %v", m.Control, err)
	}
}
