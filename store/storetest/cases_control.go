package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var controlCases = []Case{
	{"a control total is recorded once", on(checkControlOnce)},
	{"a conflict of control totals gives back what stands", on(checkControlStored)},
	{"control totals are answered by their index", on(checkControlIndex)},
	{"a control total comes back as it was written", on(checkControlRow)},
	{"windows that differ in one part are others", on(checkControlWindows)},
	{"a transaction sees its own control totals", on(checkControlOwn)},
	{"one window written at once is one row", on(checkControlAtOnce)},
	{"no control totals are no error", on(checkControlEmpty)},
}

// newControl returns what producer says about three payments of the minute-th
// minute after the start.
func newControl(producer string, minute int) store.Control {
	from := at(time.Duration(minute) * time.Minute)
	c := store.Control{Queue: "payments", Position: "payments@8", RecordedAt: at(time.Hour)}
	c.Window = payment.Window{Source: "mobile-app", Producer: producer, From: from, Until: from.Add(time.Minute)}
	for i := range 3 {
		p := newPayment(fmt.Sprintf("%s %d.%d", producer, minute, i), int64(100+i))
		c.Add(p.Amount, p.Fingerprint)
	}
	return c
}

func sortControls(cs []store.Control) []store.Control {
	slices.SortFunc(cs, func(a, b store.Control) int { return strings.Compare(a.Window.ID(), b.Window.ID()) })
	return cs
}

func control(t testing.TB, s store.Store, cs ...store.Control) []store.ControlOutcome {
	t.Helper()
	var outcomes []store.ControlOutcome
	update(t, s, func(ctx context.Context, tx store.Tx) (err error) {
		outcomes, err = store.Controls(tx).Control(ctx, sortControls(cs))
		return err
	})
	if len(outcomes) != len(cs) {
		t.Fatalf("control answered %d outcomes for %d totals", len(outcomes), len(cs))
	}
	return outcomes
}

// readControl returns the control total of this window.
func readControl(t testing.TB, s store.Store, w payment.Window) store.Control {
	t.Helper()
	page := controlPage(t, s, store.ControlQuery{IDs: []string{w.ID()}})
	if len(page.Items) != 1 {
		t.Fatalf("control total of %+v: %d rows", w, len(page.Items))
	}
	return page.Items[0]
}

func controlPage(t testing.TB, s store.Store, q store.ControlQuery) store.Page[store.Control] {
	t.Helper()
	page, err := store.ReadControls(s.Reader()).Controls(t.Context(), q)
	if err != nil {
		t.Fatalf("control totals: %v", err)
	}
	return page
}

// controlChanges each make one other value of the content.
var controlChanges = map[string]func(*store.Control){
	"count":          func(c *store.Control) { c.Count++ },
	"amount":         func(c *store.Control) { c.Amounts = map[payment.Currency]payment.Total{"BRL": sum(304)} },
	"currency":       func(c *store.Control) { c.Amounts = map[payment.Currency]payment.Total{"USD": sum(303)} },
	"one more":       func(c *store.Control) { c.Amounts = map[payment.Currency]payment.Total{"BRL": sum(303), "USD": sum(1)} },
	"none":           func(c *store.Control) { c.Amounts = nil },
	"first of a sum": func(c *store.Control) { c.Prints[0] ^= 0x80 },
	"last of a sum":  func(c *store.Control) { c.Prints[31]++ },
}

func checkControlOnce(t testing.TB, s store.Store) {
	c := newControl("p1", 0)
	for i, want := range []store.Kind{store.Recorded, store.Duplicate, store.Duplicate} {
		again := newControl("p1", 0)
		again.Position, again.RecordedAt = fmt.Sprintf("payments@%d", i+8), at(time.Duration(i+1)*time.Hour)
		if o := control(t, s, again)[0]; o.Kind != want || o.Stored != nil {
			t.Errorf("time %d: kind %d, stored %v; want kind %d", i+1, o.Kind, o.Stored, want)
		}
	}
	for name, change := range controlChanges {
		other := newControl("p1", 0)
		change(&other)
		if o := control(t, s, other)[0]; o.Kind != store.Conflict {
			t.Errorf("another %s: kind %d, want conflict", name, o.Kind)
		}
	}
	same(t, "the row", c, readControl(t, s, c.Window))
}

func checkControlStored(t testing.TB, s store.Store) {
	first := newControl("p1", 0)
	first.EntryID = "0123456789abcdef0123456789abcdef"
	control(t, s, first)
	for name, change := range controlChanges {
		other := newControl("p1", 0)
		change(&other)
		o := control(t, s, other)[0]
		if o.Kind != store.Conflict || o.Stored == nil {
			t.Fatalf("another %s: kind %d, stored %v", name, o.Kind, o.Stored)
		}
		same(t, "Stored, against another "+name, first, *o.Stored)
	}
}

func checkControlIndex(t testing.TB, s store.Store) {
	var all, known []store.Control
	for minute := range 150 {
		c := newControl("p1", minute)
		if all = append(all, c); minute%3 > 0 {
			known = append(known, c)
		}
	}
	control(t, s, known...)
	sortControls(all)
	want := make([]store.Kind, len(all))
	for i := range all {
		minute := int(all[i].From.Sub(start) / time.Minute)
		want[i] = []store.Kind{store.Recorded, store.Duplicate, store.Conflict}[minute%3]
		if want[i] == store.Conflict {
			all[i].Count++
		}
	}
	for i, o := range control(t, s, all...) {
		if o.Kind != want[i] || (o.Stored != nil) != (o.Kind == store.Conflict) {
			t.Errorf("outcome %d is %d, stored %v; want %d", i, o.Kind, o.Stored, want[i])
		} else if o.Stored != nil && o.Stored.Window.ID() != all[i].Window.ID() {
			t.Errorf("outcome %d gives back another window", i)
		}
	}
	for i := range all {
		readControl(t, s, all[i].Window)
	}
}

func checkControlRow(t testing.TB, s store.Store) {
	big := sum(1 << 62)
	for range 40 {
		big = big.Plus(big)
	}
	bare := newControl("p", 0)
	bare.Source, bare.Position, bare.Count, bare.Amounts, bare.Prints = "", "", 0, nil, payment.PrintSum{}
	full := newControl("the \"first\", o 'último' \\ %_ 漢字🙂", 1)
	full.Source, full.EntryID, full.Queue = "app, \"the\" one ", "00ff00ff00ff00ff00ff00ff00ff00ff", "payments.dead"
	full.From, full.Until = at(time.Millisecond), at(1001*time.Millisecond)
	full.Count = 1 << 60
	full.Amounts = map[payment.Currency]payment.Total{"BRL": big, "JPY": sum(999), "KWD": sum(1), "CLF": big.Plus(sum(1)), "USD": {}}
	long := newControl(strings.Repeat("é", 64), 2)
	long.Source = strings.Repeat("漢", 64)
	long.Prints = payment.PrintSum{}
	for i := range long.Prints {
		long.Prints[i] = 0xff
	}
	zeros := newControl("p", 3)
	zeros.Prints = payment.PrintSum{0, 0, 1, 31: 0}
	end := newControl("p", 4)
	end.From, end.Until = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2099, 12, 31, 23, 59, 59, 999e6, time.UTC)
	control(t, s, bare, full, long, zeros, end)
	for name, c := range map[string]store.Control{"bare": bare, "full": full, "long": long, "zero bytes": zeros, "all times": end} {
		same(t, name, c, readControl(t, s, c.Window))
		if o := control(t, s, c)[0]; o.Kind != store.Duplicate {
			t.Errorf("%s again: kind %d, want duplicate", name, o.Kind)
		}
	}
}

// checkControlWindows keeps other totals for windows that are nearly the same.
func checkControlWindows(t testing.TB, s store.Store) {
	var cs []store.Control
	vary := func(change func(*store.Control)) {
		c := newControl("p1", 0)
		change(&c)
		c.Count = int64(len(cs) + 1)
		cs = append(cs, c)
	}
	vary(func(*store.Control) {})
	vary(func(c *store.Control) { c.Producer = "P1" })
	vary(func(c *store.Control) { c.Producer = "p1 " })
	vary(func(c *store.Control) { c.Producer, c.Source = c.Source, c.Producer })
	vary(func(c *store.Control) { c.Source = "Mobile-app" })
	vary(func(c *store.Control) { c.Source = "" })
	vary(func(c *store.Control) { c.From = c.From.Add(time.Millisecond) })
	vary(func(c *store.Control) { c.Until = c.Until.Add(time.Millisecond) })
	for i, o := range control(t, s, slices.Clone(cs)...) {
		if o.Kind != store.Recorded {
			t.Errorf("outcome %d is %d, want recorded", i, o.Kind)
		}
	}
	for _, c := range cs {
		same(t, "the row", c, readControl(t, s, c.Window))
	}
}

// checkControlOwn decides about payments and totals in one transaction.
func checkControlOwn(t testing.TB, s store.Store) {
	c, other := newControl("p1", 0), newControl("p1", 0)
	other.Count++
	entry := newEntry(quarantine.Conflict, "a control total", start)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)}); err != nil {
			return err
		}
		for i, want := range []store.Kind{store.Recorded, store.Duplicate, store.Conflict} {
			os, err := store.Controls(tx).Control(ctx, []store.Control{[]store.Control{c, c, other}[i]})
			if err != nil || os[0].Kind != want {
				t.Errorf("time %d in one transaction: %+v, error %v; want %d", i+1, os, err, want)
			}
			if want == store.Conflict && os[0].Stored != nil {
				same(t, "Stored", c, *os[0].Stored)
			}
		}
		return tx.Quarantine(ctx, []quarantine.Entry{entry})
	})
	readPayment(t, s, "a")
	readEntry(t, s, entry.ID)
	same(t, "the row", c, readControl(t, s, c.Window))
}

// checkControlAtOnce lets several writers send two versions of the same windows.
func checkControlAtOnce(t testing.TB, s store.Store) {
	var mu sync.Mutex
	recorded, kept := map[string]int{}, map[string]int64{}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for round := range rounds {
				cs := []store.Control{newControl("p1", round), newControl("p2", round)}
				for i := range sortControls(cs) {
					cs[i].Count = int64(g % 2)
				}
				var os []store.ControlOutcome
				err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) (err error) {
					os, err = store.Controls(tx).Control(ctx, cs)
					return err
				})
				if err != nil || len(os) != len(cs) {
					t.Errorf("writer %d, round %d: %d outcomes, error %v", g, round, len(os), err)
					return
				}
				mu.Lock()
				for i := range cs {
					if id := cs[i].Window.ID(); os[i].Kind == store.Recorded {
						recorded[id], kept[id] = recorded[id]+1, cs[i].Count
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	rows := allControls(t, s, store.ControlQuery{})
	if len(rows) != 2*rounds || len(recorded) != 2*rounds {
		t.Errorf("%d rows, %d windows recorded; want %d", len(rows), len(recorded), 2*rounds)
	}
	for _, c := range rows {
		if id := c.Window.ID(); recorded[id] != 1 || c.Count != kept[id] {
			t.Errorf("%s %s: recorded %d times, %d stands and %d was recorded", c.Producer, c.From, recorded[id], c.Count, kept[id])
		}
	}
}

func checkControlEmpty(t testing.TB, s store.Store) {
	if os := control(t, s); len(os) != 0 {
		t.Errorf("%d outcomes of nothing", len(os))
	}
}
