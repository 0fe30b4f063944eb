package app

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
)

// printout is a text of at most pageColumns columns.
type printout struct {
	strings.Builder
	*words
}

const (
	pageColumns  = 80
	labelColumns = 32
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// printed is a receipt for people.
func (r *Receipt) printed(w *words) string {
	p := &printout{words: w}
	p.heading(r)
	p.payments(r)
	p.controls(r)
	if r.Compared != nil {
		p.compared(r.Compared)
	}
	p.held(&r.Held)
	p.fromQuarantine(&r.Redriven)
	p.outages(&r.Outages)
	p.section(w.sections.verdict)
	p.paragraph(w.verdicts[r.Verdict])
	p.WriteByte('\n')
	for _, line := range w.verify {
		p.paragraph(line)
	}
	return p.String()
}

func (p *printout) rule() { p.WriteString(strings.Repeat("=", pageColumns) + "\n") }

func (p *printout) heading(r *Receipt) {
	p.rule()
	p.WriteString("RECIBO" + strings.Repeat(" ", pageColumns-len("RECIBO")-utf8.RuneCountInString(p.title)) + p.title + "\n")
	p.rule()
	l := &p.labels
	p.section(p.words.sections.compared)
	p.line(l.madeAt, p.time(r.MadeAt))
	p.line(l.program, r.Program)
	p.line(l.store, r.Store)
	source := p.all
	if r.Source != nil {
		source = *r.Source
	}
	p.line(l.source, source)
	var period []string
	if r.Since != nil {
		period = append(period, p.since+" "+p.time(*r.Since))
	}
	if r.Until != nil {
		period = append(period, p.until+" "+p.time(*r.Until))
	}
	if period == nil {
		period = append(period, p.always)
	}
	p.line(l.period, period...)
	switch b := r.Sent; {
	case b == nil:
	case b.Seed != nil:
		p.line(l.seed, strconv.FormatUint(*b.Seed, 10))
		p.line(l.start, p.time(b.Start))
		p.line(l.messages, p.number(b.Count))
		if b.Faults != "" {
			p.line(l.faults, b.Faults)
		}
	default:
		p.line(l.basis, b.Ledger)
		p.item("SHA-256 " + b.SHA256)
	}
}

func (p *printout) payments(r *Receipt) {
	p.section(p.words.sections.payments)
	p.line(p.labels.count, p.number(r.Payments.Count))
	p.amounts(p.labels.amount, r.Payments.Amounts)
	p.line(p.labels.duplicates, p.number(r.Duplicates))
}

func (p *printout) amounts(label string, amounts map[string]string) {
	for _, c := range slices.Sorted(maps.Keys(amounts)) {
		p.line(label, p.money(payment.Currency(c), amounts[c]))
	}
}

func (p *printout) controls(r *Receipt) {
	p.section(p.words.sections.controls)
	c := &r.Controls
	p.line(p.labels.totals, p.number(c.Count))
	p.line(p.labels.windows, p.number(c.Windows))
	for _, v := range reconcile.Verdicts {
		if n := c.ByVerdict[v]; n > 0 {
			p.line("  "+p.windows[v], p.number(n))
		}
	}
	p.line(p.labels.uncovered, p.number(c.Uncovered))
	p.line(p.labels.uncounted, p.number(c.Mended))
	for _, x := range c.Examples {
		source := p.no
		if x.Source != nil {
			source = *x.Source
		}
		p.WriteByte('\n')
		p.paragraph(source + ": " + p.time(x.From) + " " + p.until + " " + p.time(x.Until))
		parts := []string{p.windows[x.Verdict], p.signed(x.Difference.Count)}
		for _, currency := range slices.Sorted(maps.Keys(x.Difference.Amounts)) {
			parts = append(parts, p.money(currency, x.Difference.Amounts[currency]))
		}
		p.item(strings.Join(parts, "; "))
		for _, named := range x.Payments {
			p.item(p.kind(named.Kind) + ": " + named.ID)
		}
	}
}

func (p *printout) signed(n int64) string {
	if n > 0 {
		return "+" + p.number(n)
	}
	return p.number(n)
}

func (p *printout) kind(kind string) string {
	l := &p.labels
	return map[string]string{reconcile.KindMissing: l.missing, reconcile.KindUnexpected: l.unexpected, reconcile.KindDiffering: l.differing}[kind]
}

func (p *printout) compared(c *reconcile.Result) {
	p.section(p.words.sections.sent)
	l := &p.labels
	for _, figure := range []struct {
		label string
		n     int64
	}{{l.expected, c.Expected}, {l.recorded, c.Recorded}, {l.missing, c.Missing}, {l.unexpected, c.Unexpected}, {l.differing, c.Differing},
		{l.mended, c.Mended}, {l.heldOf, c.Held}, {l.accountedOf, c.Accounted}} {
		p.line(figure.label, p.number(figure.n))
	}
	for _, x := range c.Examples {
		p.item(p.kind(x.Kind) + ": " + x.ID)
	}
}

func (p *printout) held(h *ReceiptHeld) {
	p.section(p.words.sections.held)
	p.line(p.labels.waiting, p.number(h.Count))
	for _, reason := range quarantine.Reasons {
		if n := h.ByReason[reason]; n > 0 {
			p.line("  "+p.reasons[reason], p.number(n))
		}
	}
	p.line(p.labels.unplaced, p.number(h.Unplaced))
	for _, e := range h.Entries {
		amount := p.unreadable
		if e.Amount != nil && e.Currency != nil {
			amount = p.money(payment.Currency(*e.Currency), *e.Amount)
		}
		state := ""
		if e.State == quarantine.Redriven {
			state = ", " + p.redriven
		}
		p.item(e.ID + "  " + p.reasons[e.Reason] + state + ", " + amount)
	}
	p.rest(h.Count, len(h.Entries))
}

func (p *printout) fromQuarantine(x *ReceiptRedriven) {
	p.section(p.words.sections.redriven)
	p.line(p.labels.redriven, p.number(x.Count))
	p.line(p.labels.ofThemMended, p.number(x.Mended))
	for _, one := range x.Payments {
		line := one.Entry + "  " + one.ID
		if one.Mended {
			line = one.Entry + "  " + p.mended + "  " + one.ID
		}
		p.item(line)
	}
	p.rest(x.Count, len(x.Payments))
}

func (p *printout) outages(o *ReceiptOutages) {
	p.section(p.words.sections.outages)
	p.line(p.labels.outages, p.number(o.Count))
	for _, x := range o.Outages {
		end := ", " + p.stillOpen
		if x.EndedAt != nil {
			end = " " + p.until + " " + p.time(*x.EndedAt)
		}
		p.item(p.components[x.Component] + ": " + p.time(x.BeganAt) + end)
	}
	p.rest(o.Count, len(o.Outages))
}

// rest says that a list is not whole.
func (p *printout) rest(all int64, listed int) {
	if more := all - int64(listed); more > 0 {
		p.item(fmt.Sprintf(p.more, p.number(more)))
	}
}

func (p *printout) section(title string) { p.WriteString("\n" + title + "\n") }

// line is a label, a leader of dots, and values, one below the other. Long ones
// go on below themselves.
func (p *printout) line(label string, values ...string) {
	head := "  " + label + " "
	head += strings.Repeat(".", max(0, labelColumns-1-utf8.RuneCountInString(head))) + " "
	for _, value := range values {
		for _, part := range wrap(value, pageColumns-labelColumns) {
			p.WriteString(strings.TrimRight(head+part, " ") + "\n")
			head = strings.Repeat(" ", labelColumns)
		}
	}
}

func (p *printout) paragraph(text string) {
	for _, part := range wrap(text, pageColumns-2) {
		p.WriteString("  " + part + "\n")
	}
}

func (p *printout) item(text string) {
	mark := "    "
	for _, part := range wrap(text, pageColumns-6) {
		p.WriteString(mark + part + "\n")
		mark = "      "
	}
}

// wrap breaks a text at spaces, and within words that are too long. Characters
// that could move what is printed around are replaced.
func wrap(text string, columns int) []string {
	var lines []string
	line := []rune{}
	for _, word := range strings.Split(printableText(text), " ") {
		runes := []rune(word)
		if len(line) > 0 && len(line)+1+len(runes) <= columns {
			line = append(append(line, ' '), runes...)
			continue
		}
		if len(line) > 0 {
			lines = append(lines, strings.TrimRight(string(line), " "))
		}
		for len(runes) > columns {
			lines = append(lines, string(runes[:columns]))
			runes = runes[columns:]
		}
		line = append([]rune{}, runes...)
	}
	return append(lines, string(line))
}

// printableText takes out what redraws or turns text around: names come from
// outside.
func printableText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x2028 && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
}
