package cli

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"recibo/internal/app"
	"recibo/store"
)

// mostCauses is how many causes the story of a demo lists.
const mostCauses = 6

// story tells people what they saw.
func (e *environment) story(d app.Demo) error {
	s, r := d.Simulate, d.Record
	t := e.table()
	t.row("SENT", number(s.Sent)+" messages, seed "+fmt.Sprint(s.Seed)+", in "+milliseconds(s.ElapsedMS)+
		": "+number(s.Duplicate)+" duplicates, "+number(s.Conflict)+" conflicts, "+number(s.Malformed)+" malformed, "+
		number(s.Invalid)+" invalid, "+number(s.TooLarge)+" too large among them, on purpose")
	t.row("RECORDED", number(r.Recorded)+" payments; "+number(r.Duplicate)+" duplicates had no effect")
	for _, o := range d.Outages {
		t.row("OUTAGE", "the "+componentName[o.Component]+" did not answer for "+maybeMilliseconds(o.DurationMS)+
			", from "+clock(o.BeganAt)+" to "+clock(text(o.EndedAt))+" UTC; "+number(o.Attempts)+" attempts; nothing lost")
	}
	var held int64
	for _, n := range r.Quarantined {
		held += n
	}
	t.row("HELD", number(held)+" messages: "+byReason(r.Quarantined))
	if d.Hint != "" {
		t.row("", "one of them says: "+d.Hint)
	}
	t.row("EQUATION", fmt.Sprintf("%s delivered = %s recorded + %s duplicate + %s held",
		number(r.Delivered), number(r.Recorded), number(r.Duplicate), number(held)))
	verdict := "BALANCED"
	if !d.Reconcile.Balanced {
		verdict = "NOT BALANCED"
	}
	t.row("PROOF", fmt.Sprintf("%s: %s of %s messages accounted for; %s missing, %s unexpected, %s differing", verdict,
		number(d.Reconcile.Accounted), number(s.Sent), number(d.Reconcile.Missing), number(d.Reconcile.Unexpected), number(d.Reconcile.Differing)))
	if err := t.close(); err != nil {
		return err
	}
	return e.whatNext(d)
}

var componentName = map[store.Component]string{store.QueueComponent: "queue", store.StoreComponent: "database"}

func clock(stamp string) string {
	if _, c, ok := strings.Cut(strings.TrimSuffix(stamp, "Z"), "T"); ok {
		return c
	}
	return stamp
}

// storyCauses lists what held most.
func (e *environment) storyCauses(causes []app.Cause) error {
	if len(causes) == 0 {
		return nil
	}
	fmt.Fprintf(e.out, "\nWhat held most of them:\n")
	t := e.table()
	t.row("  REASON", "FIELD", "CODE", "ENTRIES", "AT STAKE")
	for _, c := range causes[:min(len(causes), mostCauses)] {
		t.row("  "+string(c.Reason), text(c.Field), text(c.Code), number(c.Entries), money(c.Amount))
	}
	if err := t.close(); err != nil {
		return err
	}
	if more := len(causes) - mostCauses; more > 0 {
		fmt.Fprintf(e.out, "  and %s more causes\n", number(int64(more)))
	}
	return nil
}

func (e *environment) whatNext(d app.Demo) error {
	if err := e.storyCauses(d.Causes); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "\nEverything is kept in %s. Try next:\n", d.Dir)
	recibo, from := program(), "--store "+shellWord("sqlite:"+d.Dir+"/recibo.db")
	fmt.Fprintf(e.out, "  %s status %s --queue %s\n", recibo, from, shellWord("embedded:"+d.Dir+"/queue"))
	fmt.Fprintf(e.out, "  %s quarantine causes %s\n", recibo, from)
	if d.Example != "" {
		fmt.Fprintf(e.out, "  %s find %s %s\n", recibo, from, shellWord(d.Example))
	}
	fmt.Fprintf(e.out, "  %s outages %s\n", recibo, from)
	fmt.Fprintf(e.out, "  %s payments list %s --limit 10\n", recibo, from)
	return e.out.Flush()
}

// program is how this program can be called again: by its name when that is
// found, else as it was called now.
func program() string {
	self, err := os.Executable()
	if err != nil {
		return "recibo"
	}
	if strings.Contains(self, "go-build") {
		return "go run ./cmd/recibo"
	}
	if found, err := exec.LookPath("recibo"); err == nil && found == self {
		return "recibo"
	}
	return shellWord(self)
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+=") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
