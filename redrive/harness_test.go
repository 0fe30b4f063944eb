package redrive_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/recorder"
	"recibo/redrive"
	"recibo/store"
	"recibo/store/storetest"
)

// fatal is what a *testing.T and a *rapid.T have in common.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// harness is a queue and a store in memory, both of which fail as told, with
// redrives on one side and recorders on the other.
type harness struct {
	t      fatal
	ctx    context.Context
	memory *storetest.Memory
	store  *storetest.Faulty
	queue  *queuetest.Memory
	broker *queuetest.Faulty
	log    slog.Handler
	starts int
}

func newHarness(t *testing.T) *harness {
	return newHarnessOf(t, t.Context())
}

func newHarnessOf(t fatal, ctx context.Context) *harness {
	h := &harness{t: t, ctx: ctx, memory: storetest.NewMemory(), queue: queuetest.NewMemory(), log: slog.DiscardHandler}
	h.store = storetest.NewFaulty(h.memory)
	h.broker = &queuetest.Faulty{Broker: h.queue}
	return h
}

// config is that of a new process.
func (h *harness) config() redrive.Config {
	h.t.Helper()
	h.starts++
	p, err := h.broker.Publisher(h.ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	return redrive.Config{Store: h.store, Publisher: p, QueueTarget: "memory:", StoreTarget: "memory:",
		Runner: fmt.Sprintf("runner-%d", h.starts), Drain: time.Second, Log: slog.New(h.log)}
}

func (h *harness) begin(ctx context.Context, s redrive.Selection) (redrive.Result, error) {
	return redrive.Begin(ctx, h.config(), redrive.Plan{Selection: s, Cutoff: time.Now().Add(time.Hour), Actor: "ana", Note: "as agreed", Rate: 5000})
}

// mustBegin runs a redrive to its end.
func (h *harness) mustBegin(s redrive.Selection) redrive.Result {
	h.t.Helper()
	r, err := h.begin(h.ctx, s)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// record decides about everything that is in the queue, with a recorder.
func (h *harness) record() {
	h.t.Helper()
	h.starts++
	r := recorder.New(h.queue, h.memory, recorder.Config{ID: fmt.Sprintf("recorder-%d", h.starts), Queue: "memory",
		QueueTarget: "memory:", StoreTarget: "memory:", UntilIdle: time.Second, Log: slog.New(slog.DiscardHandler)})
	if _, err := r.Run(h.ctx); err != nil {
		h.t.Fatal(err)
	}
}

// publish puts bodies on the queue as a stranger would.
func (h *harness) publish(bodies ...string) {
	h.t.Helper()
	var ms []queue.Message
	for i, b := range bodies {
		ms = append(ms, queue.Message{ID: fmt.Sprint(i), Body: []byte(b)})
	}
	p, err := h.queue.Publisher(h.ctx)
	if err == nil {
		err = p.Publish(h.ctx, ms)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// hold makes held entries of bodies and returns their ids.
func (h *harness) hold(bodies ...string) []string {
	h.t.Helper()
	before := h.entries()
	h.publish(bodies...)
	h.record()
	var ids []string
	for _, e := range h.entries() {
		if !slices.ContainsFunc(before, func(b quarantine.Entry) bool { return b.ID == e.ID }) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

func (h *harness) entries() []quarantine.Entry {
	h.t.Helper()
	var all []quarantine.Entry
	q := store.EntryQuery{Order: store.ByID}
	for {
		page, err := h.memory.Reader().Entries(h.ctx, q)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, page.Items...)
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

func (h *harness) entry(id string) quarantine.Entry {
	h.t.Helper()
	e, err := redrive.Entry(h.ctx, h.memory.Reader(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

func (h *harness) history(id string) []quarantine.HistoryLine {
	h.t.Helper()
	lines, err := h.memory.Reader().History(h.ctx, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return lines
}

// states counts the entries by state.
func (h *harness) states() map[quarantine.State]int {
	counts := map[quarantine.State]int{}
	for _, e := range h.entries() {
		counts[e.State]++
	}
	return counts
}

func (h *harness) payments() map[string]store.Payment {
	h.t.Helper()
	all := map[string]store.Payment{}
	q := store.PaymentQuery{Order: store.ByID}
	for {
		page, err := h.memory.Reader().Payments(h.ctx, q)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, p := range page.Items {
			all[p.TransactionID] = p
		}
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

func (h *harness) desk(actor string) *redrive.Desk {
	return &redrive.Desk{Store: h.store, StoreTarget: "memory:", Actor: actor, Note: "a note", Log: slog.New(h.log)}
}

// mend puts a good body beside each entry.
func (h *harness) mend(bodies map[string]string) {
	h.t.Helper()
	for id, body := range bodies {
		e := h.entry(id)
		if err := h.desk("ana").Mend(h.ctx, &e, []byte(body)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// holdMended makes n entries that are invalid and mended: sent back, each is
// recorded.
func (h *harness) holdMended(n int) []string {
	h.t.Helper()
	var bodies []string
	for i := range n {
		bodies = append(bodies, event(fmt.Sprintf("p%05d", i), "1,00"))
	}
	ids := h.hold(bodies...)
	mended := map[string]string{}
	for _, id := range ids {
		e := h.entry(id)
		mended[id] = event(e.TransactionID, "1.00")
	}
	h.mend(mended)
	return ids
}

func event(id, amount string) string { return eventOf(id, amount, "") }

func eventOf(id, amount, source string) string {
	return fmt.Sprintf(`{"transaction_id":%q,"amount":%q,"payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z","source":%q}`,
		id, amount, cmpOr(source, "app"))
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

var invalid = redrive.Selection{Reasons: []quarantine.Reason{quarantine.Invalid}}

// raceOnce has act run before the nth next transaction.
func (h *harness) raceOnce(act func(), n int) {
	h.store.Hook(storetest.Hooks{Before: func(context.Context) error {
		if n--; n == 0 {
			act()
		}
		return nil
	}})
}

// loseReply loses the answer to one commit, after some that pass.
func (h *harness) loseReply(after int, landed bool) {
	unknown := &store.Error{Class: store.ClassUnknownCommit, Op: "commit", Err: errors.New("connection lost")}
	h.store.Hook(storetest.Hooks{
		Inside: func(context.Context, store.Tx) error {
			if after--; after == -1 && !landed {
				return unknown
			}
			return nil
		},
		After: func(err error) error {
			if after == -1 && landed {
				after--
				return unknown
			}
			return err
		},
	})
}
