package recorder_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/recorder"
	"recibo/store"
	"recibo/store/storetest"
)

// harness is a queue and a store in memory, both of which fail as told, and
// recorders between them.
type harness struct {
	t      *testing.T
	config recorder.Config
	memory *storetest.Memory
	faulty *storetest.Faulty
	guard  *guard
	broker *queuetest.Faulty
	log    *lockedBuffer
	starts int
}

func newHarness(t *testing.T) *harness {
	h := &harness{t: t, memory: storetest.NewMemory(), log: &lockedBuffer{},
		broker: &queuetest.Faulty{Broker: queuetest.NewMemory()}}
	h.faulty = storetest.NewFaulty(h.memory)
	h.guard = &guard{Store: h.faulty}
	h.config = recorder.Config{Queue: "memory", QueueTarget: "memory:", StoreTarget: "memory:",
		Log: slog.New(slog.NewTextHandler(h.log, nil))}
	return h
}

// recorder makes a recorder as a fresh process would.
func (h *harness) recorder() *recorder.Recorder {
	h.starts++
	c := h.config
	c.ID = fmt.Sprintf("recorder-%d", h.starts)
	return recorder.New(h.broker, h.guard, c)
}

// record runs a recorder until the queue is empty.
func (h *harness) record() recorder.Result {
	h.t.Helper()
	h.config.UntilIdle = 2 * time.Second
	defer func() { h.config.UntilIdle = 0 }()
	result, err := h.recorder().Run(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	h.wantDrained()
	return result
}

// recordFor runs a recorder for d; it may be stopped with its hands full.
func (h *harness) recordFor(d time.Duration) recorder.Result {
	ctx, cancel := context.WithTimeout(h.t.Context(), d)
	defer cancel()
	result, _ := h.recorder().Run(ctx)
	return result
}

// start runs a recorder until the returned function is called.
func (h *harness) start() func() recorder.Result {
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan recorder.Result)
	r := h.recorder()
	go func() {
		result, err := r.Run(ctx)
		if err != nil {
			h.t.Error(err)
		}
		done <- result
	}()
	return func() recorder.Result { cancel(); return <-done }
}

func (h *harness) publish(bodies ...string) {
	h.t.Helper()
	messages := make([]queue.Message, len(bodies))
	for i, b := range bodies {
		messages[i] = queue.Message{ID: fmt.Sprint(i), Body: []byte(b)}
	}
	h.send(messages...)
}

func (h *harness) send(messages ...queue.Message) {
	h.t.Helper()
	publisher, err := h.broker.Broker.Publisher(h.t.Context())
	if err == nil {
		err = publisher.Publish(h.t.Context(), messages)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) refuse(prefix, words string) {
	h.faulty.RefusePayments(func(p *store.Payment) string {
		if strings.HasPrefix(p.TransactionID, prefix) {
			return words
		}
		return ""
	})
}

func (h *harness) refuseAmount(amount, words string) {
	h.faulty.RefusePayments(func(p *store.Payment) string {
		if p.Amount.Decimal() == amount {
			return words
		}
		return ""
	})
}

// refuseAbove refuses transactions of more than most payments, also of one.
func (h *harness) refuseAbove(most int, class store.Class) {
	h.guard.set(func(ps []store.Payment) error {
		if len(ps) > most {
			return &store.Error{Class: class, Op: "record", Err: fmt.Errorf("more than %d", most)}
		}
		return nil
	})
}

func (h *harness) slowCommits(d time.Duration) {
	h.guard.set(func([]store.Payment) error { time.Sleep(d); return nil })
}

func (h *harness) fenceOnce() {
	fenced := false
	h.faulty.Hook(storetest.Hooks{Before: func(context.Context) error {
		if fenced {
			return nil
		}
		fenced = true
		return fmt.Errorf("claim: %w", store.ErrFenced)
	}})
}

func (h *harness) loseReply(n int, landed bool) {
	if landed {
		h.faulty.LoseReplies(n)
	} else {
		h.faulty.LoseCommits(n)
	}
}

func (h *harness) loseAcks(n int, err error) { h.broker.BeforeAck = queuetest.LoseAcks(n, err) }

func (h *harness) outages() []store.Outage {
	h.t.Helper()
	page, err := h.memory.Reader().Outages(h.t.Context(), store.OutageQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Items
}

func (h *harness) writeOutage(o store.Outage) {
	h.t.Helper()
	err := h.memory.Update(h.t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.Outage(ctx, o) })
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) entries() []quarantine.Entry {
	h.t.Helper()
	page, err := h.memory.Reader().Entries(h.t.Context(), store.EntryQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Items
}

func (h *harness) payments() []store.Payment {
	h.t.Helper()
	page, err := h.memory.Reader().Payments(h.t.Context(), store.PaymentQuery{Order: store.ByID})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Items
}

// wantResult compares what was counted; times are not.
func (h *harness) wantResult(got, want recorder.Result) {
	h.t.Helper()
	got.ElapsedMS, got.PerSecond, got.Outages = 0, 0, want.Outages
	if want.Quarantined == nil {
		want.Quarantined = map[quarantine.Reason]int64{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("result: %s", diff)
	}
}

func (h *harness) wantPayments(want ...string) {
	h.t.Helper()
	var got []string
	for _, p := range h.payments() {
		got = append(got, p.TransactionID+" "+p.Amount.Decimal())
	}
	if !slices.Equal(want, got) {
		h.t.Errorf("payments %v, want %v", got, want)
	}
}

func (h *harness) wantLogged(text string, times int) {
	h.t.Helper()
	if n := strings.Count(h.log.String(), text); n != times {
		h.t.Errorf("%q was logged %d times, want %d:\n%s", text, n, times, h.log)
	}
}

func (h *harness) wantDrained() {
	h.t.Helper()
	depth, err := h.broker.Broker.Depth(h.t.Context())
	if err != nil || *depth.Ready != 0 || *depth.InFlight != 0 {
		h.t.Errorf("the queue still has %d ready and %d in flight (%v)", *depth.Ready, *depth.InFlight, err)
	}
}

// wantBooks holds the tally against the tables.
func (h *harness) wantBooks() {
	h.t.Helper()
	totals, err := h.memory.Reader().Totals(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if n := int64(len(h.payments())); totals.Recorded != n {
		h.t.Errorf("the tally says %d recorded, the table %d", totals.Recorded, n)
	}
	amounts := map[payment.Currency]payment.Total{}
	for _, p := range h.payments() {
		amounts[p.Amount.Currency] = amounts[p.Amount.Currency].Add(p.Amount)
	}
	for currency, total := range amounts {
		if totals.Amount[currency] != total {
			h.t.Errorf("the tally says %s %s", totals.Amount[currency].Decimal(currency), currency)
		}
	}
	seen, replaced := map[quarantine.Reason]int64{}, false
	sum := int64(0)
	for _, e := range h.entries() {
		seen[e.Reason] += e.Seen
		sum += e.Seen
		replaced = replaced || e.Attempt > 0
	}
	for _, reason := range quarantine.Reasons {
		if sum -= totals.Quarantined[reason]; !replaced && totals.Quarantined[reason] != seen[reason] {
			h.t.Errorf("the tally says %d %s, the entries were seen %d times", totals.Quarantined[reason], reason, seen[reason])
		}
	}
	if sum != 0 { // a reason that was replaced keeps its count in the tally
		h.t.Errorf("the entries were seen %d times more than the tally says", sum)
	}
}

// wantOneAttempt wants that nothing was delivered twice.
func (h *harness) wantOneAttempt() {
	h.t.Helper()
	h.publish(event("probe", "1.00"))
	source, err := h.broker.Broker.Source(h.t.Context(), queue.Want{Messages: 10, Bytes: 1 << 20})
	if err != nil {
		h.t.Fatal(err)
	}
	ds, err := source.Receive(h.t.Context(), 10)
	if err != nil || len(ds) != 1 || ds[0].Attempt != 1 {
		h.t.Errorf("the queue hands out %d deliveries (%v), want only the probe", len(ds), err)
	}
	if err := source.Ack(h.t.Context(), ds); err != nil {
		h.t.Error(err)
	}
	synctest.Wait()
}

// guard looks at what a transaction records, and may refuse it. It allows more
// writers than the store below.
type guard struct {
	store.Store
	mu   sync.Mutex
	look func([]store.Payment) error
	most int

	refuseControl string // the producer whose control totals are refused
}

func (g *guard) set(look func([]store.Payment) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.look = look
}

func (g *guard) Limits() store.Limits { return store.Limits{Writers: 4, Batch: 1000} }

func (g *guard) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return g.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return fn(ctx, &guardTx{tx, g})
	})
}

type guardTx struct {
	store.Tx
	g *guard
}

func (t *guardTx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	t.g.mu.Lock()
	look := t.g.look
	t.g.most = max(t.g.most, len(ps))
	t.g.mu.Unlock()
	if look != nil {
		if err := look(ps); err != nil {
			return nil, err
		}
	}
	return t.Tx.Record(ctx, ps)
}

func (h *harness) largest() int {
	h.guard.mu.Lock()
	defer h.guard.mu.Unlock()
	return h.guard.most
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func event(id, amount string) string {
	return fmt.Sprintf(`{"transaction_id":%q,"amount":%q,"payer_account":"P","payee_account":"Q",`+
		`"occurred_at":"2026-11-23T14:15:03Z"}`, id, amount)
}

func events(n int) []string {
	bodies := make([]string, n)
	for i := range bodies {
		bodies[i] = event(fmt.Sprintf("e%04d", i), "1.00")
	}
	return bodies
}

func large() string { return strings.Repeat("x", 65<<10) }

func reasons(pairs ...any) map[quarantine.Reason]int64 {
	m := map[quarantine.Reason]int64{}
	for i := 0; i < len(pairs); i += 2 {
		m[quarantine.Reason(pairs[i].(string))] = int64(pairs[i+1].(int))
	}
	return m
}
