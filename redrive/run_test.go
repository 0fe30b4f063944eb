package redrive_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/redrive"
	"recibo/store"
)

// bubble runs a test on time that passes by itself.
func bubble(t *testing.T, test func(*testing.T, *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newHarness(t)) })
}

func TestRunSendsMendedOnes(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.holdMended(450)
		r := h.mustBegin(invalid)
		want := redrive.Result{Redrive: r.Redrive, Sent: 450}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if r.State != store.RedriveDone || r.Moved != 450 || r.EndedAt.IsZero() || r.Cursor != ids[449] {
			t.Errorf("the row: %+v", r.Redrive)
		}
		h.record()
		if got := h.states()["resolved"]; got != 450 || len(h.payments()) != 450 {
			t.Errorf("%v, %d payments", h.states(), len(h.payments()))
		}
		p := h.payments()["p00007"]
		e := h.entry(p.EntryID)
		if e.TransactionID != "p00007" || e.RedriveID != r.ID || e.Attempt != 1 {
			t.Errorf("the payment names entry %+v", e)
		}
		o, err := redrive.Settle(t.Context(), h.memory.Reader(), r.ID, time.Minute)
		if diff := cmp.Diff(redrive.Outcome{Resolved: 450, Held: map[quarantine.Reason]int64{}}, o); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	})
}

func TestMessagesNameEntryAndAttempt(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		id := h.holdMended(1)[0]
		var got []queue.Message
		h.broker.BeforePublish = func(ms []queue.Message) ([]queue.Message, error) { got = append(got, ms...); return ms, nil }
		h.mustBegin(redrive.Selection{IDs: []string{id}})
		want := []queue.Message{{ID: id + ":1", Key: "p00000", Body: []byte(event("p00000", "1.00")),
			Headers: map[string]string{"recibo-redrive-of": id + "/1"}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestHeaders: of a message's own headers only the group of a FIFO queue goes
// along, and whatever the sender claimed to be sent back from is not repeated.
func TestHeaders(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		p, err := h.queue.Publisher(t.Context())
		if err == nil {
			err = p.Publish(t.Context(), []queue.Message{{ID: "1", Body: []byte("{"), Headers: map[string]string{
				"recibo-group": "g1", "x-trace": "t", "recibo-redrive-of": "nonsense"}}})
		}
		if err != nil {
			t.Fatal(err)
		}
		h.record()
		id := h.entries()[0].ID
		var got []queue.Message
		h.broker.BeforePublish = func(ms []queue.Message) ([]queue.Message, error) { got = append(got, ms...); return ms, nil }
		h.mustBegin(redrive.Selection{IDs: []string{id}})
		want := map[string]string{"recibo-group": "g1", "recibo-redrive-of": id + "/1"}
		if diff := cmp.Diff(want, got[0].Headers); diff != "" || got[0].Key != "" {
			t.Errorf("key %q, -want +got:\n%s", got[0].Key, diff)
		}
	})
}

// TestPublisherIsClosed: what waiting cannot mend ends the run, to be resumed.
func TestPublisherIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(3)
		c := h.config()
		if err := c.Publisher.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour)})
		if !errors.Is(err, queue.ErrClosed) || r.State != store.RedriveStopped || r.Moved != 3 {
			t.Errorf("%+v, %v", r, err)
		}
		again, err := redrive.Resume(t.Context(), h.config(), r.ID)
		if err != nil || again.Again != 3 {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// TestLargeBodiesGoInSeveralPublishes of a mebibyte at most.
func TestLargeBodiesGoInSeveralPublishes(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		var bodies []string
		for _, c := range "abcde" {
			bodies = append(bodies, strings.Repeat(string(c), 400<<10))
		}
		h.hold(bodies...)
		var sizes []int
		h.broker.BeforePublish = func(ms []queue.Message) ([]queue.Message, error) { sizes = append(sizes, len(ms)); return ms, nil }
		r := h.mustBegin(redrive.Selection{Reasons: []quarantine.Reason{"too_large"}})
		if diff := cmp.Diff([]int{2, 2, 1}, sizes); diff != "" || r.Sent != 5 {
			t.Errorf("%+v, -want +got:\n%s", r, diff)
		}
	})
}

func TestWhatIsStillBadIsHeldAgain(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.hold(event("a", "1,00"), event("b", "-1"))
		r := h.mustBegin(invalid)
		h.record()
		o, err := redrive.Settle(t.Context(), h.memory.Reader(), r.ID, time.Minute)
		if diff := cmp.Diff(redrive.Outcome{Held: map[quarantine.Reason]int64{"invalid": 2}}, o); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
		// The run is behind them: nothing of it is sent twice.
		again, err := redrive.Resume(t.Context(), h.config(), r.ID)
		if err != nil || again.Sent != 0 || again.State != store.RedriveDone {
			t.Errorf("resumed: %+v, %v", again, err)
		}
	})
}

func TestSelectionIsFrozen(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(3)
		cutoff := time.Now()
		time.Sleep(time.Minute)
		h.hold(event("late", "1,00"))
		r, err := redrive.Begin(t.Context(), h.config(), redrive.Plan{Selection: invalid, Cutoff: cutoff, Actor: "ana"})
		if err != nil || r.Moved != 3 {
			t.Errorf("moved %d of 3 (%v)", r.Moved, err)
		}
	})
}

func TestEmptySelectionIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(1)
		_, err := h.begin(t.Context(), redrive.Selection{})
		_, discardErr := h.desk("ana").Discard(t.Context(), redrive.Selection{}, time.Now(), nil)
		_, purgeErr := h.desk("ana").Purge(t.Context(), redrive.Selection{}, time.Now(), nil)
		_, lookErr := redrive.Look(t.Context(), h.memory.Reader(), redrive.Selection{}, h.config().Decoding, time.Now())
		for _, err := range []error{err, discardErr, purgeErr, lookErr} {
			if !errors.Is(err, redrive.ErrEmpty) {
				t.Errorf("%v, want ErrEmpty", err)
			}
		}
		if _, err := h.begin(t.Context(), redrive.Selection{IDs: make([]string, 0)}); !errors.Is(err, redrive.ErrEmpty) {
			t.Errorf("an empty list of ids: %v", err)
		}
	})
}

// TestRate: 100 a second are 100 a second, after the first half second's.
func TestRate(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(1050)
		began := time.Now()
		r, err := redrive.Begin(t.Context(), h.config(), redrive.Plan{Selection: invalid, Cutoff: began.Add(time.Hour), Rate: 100})
		if took := time.Since(began); err != nil || r.Sent != 1050 || took != 10*time.Second {
			t.Errorf("%d sent in %s (%v), want 1,050 in 10 s", r.Sent, took, err)
		}
	})
}

func TestTruncatedIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.hold(strings.Repeat("x", 2<<20), strings.Repeat("y", 2<<20))
		e := h.entry(ids[0])
		if err := h.desk("ana").Mend(t.Context(), &e, []byte(event("whole", "1.00"))); err != nil {
			t.Fatal(err)
		}
		r := h.mustBegin(redrive.Selection{Reasons: []quarantine.Reason{"too_large"}})
		h.record()
		if r.Truncated != 1 || r.Sent != 1 || h.entry(ids[0]).State != "resolved" || h.entry(ids[1]).State != "held" {
			t.Errorf("%+v, %v", r, h.states())
		}
	})
}

func TestTooBigForTheQueueIsHeldAgain(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.hold("{"+strings.Repeat("x", 40_000), "{", "[", "1")
		h.broker.BeforePublish = func(ms []queue.Message) ([]queue.Message, error) {
			var big []int
			for i, m := range ms {
				if len(m.Body) > 30_000 {
					big = append(big, i)
				}
			}
			switch {
			case big == nil:
				return ms, nil
			case len(ms) > 1: // as a broker that takes a publish as a whole
				return nil, &queue.PartialError{Refused: []int{0, 1, 2, 3}[:len(ms)], TooBig: true, Err: errors.New("too big")}
			}
			return nil, &queue.PartialError{Refused: big, TooBig: true, Err: errors.New("too big")}
		}
		r := h.mustBegin(redrive.Selection{IDs: ids})
		if r.Moved != 4 || r.Refused != 1 || r.Sent != 3 || r.State != store.RedriveDone {
			t.Errorf("%+v", r)
		}
		for _, e := range h.entries() {
			lines := h.history(e.ID)
			last := lines[len(lines)-1]
			if big := e.BodySize > 30_000; big != (e.State == "held") || big != (last.Note == "40001 bytes are more than the queue takes") {
				t.Errorf("%d bytes: %s, %+v", e.BodySize, e.State, last)
			}
		}
	})
}

func TestOutagesCostOnlyTime(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(50)
		log := &lockedBuffer{}
		h.log = slog.NewTextHandler(log, nil)
		c := h.config()
		h.broker.Down()
		done := make(chan redrive.Result)
		go func() {
			r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Rate: 20})
			if err != nil {
				t.Error(err)
			}
			done <- r
		}()
		time.Sleep(time.Hour)
		h.store.Down("no route")
		h.broker.Up()
		time.Sleep(time.Hour)
		h.store.Up()
		if r := <-done; r.Sent != 50 || r.Moved != 50 {
			t.Errorf("%+v", r)
		}
		for _, text := range []string{"queue does not answer", "queue answers again", "store does not answer", "store answers again"} {
			if n := strings.Count(log.String(), text); n != 1 {
				t.Errorf("%q was said %d times:\n%s", text, n, log)
			}
		}
	})
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

// TestStopAndResume interrupts a run: what is in hand is finished, and the rest
// is done by another process.
func TestStopAndResume(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(100)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		r, err := redrive.Begin(ctx, h.config(), redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Rate: 20})
		if !errors.Is(err, context.DeadlineExceeded) || r.State != store.RedriveStopped || r.Sent != r.Moved || r.Sent < 40 || r.Sent > 70 {
			t.Fatalf("%+v, %v", r, err)
		}
		h.record()
		if h.states()["redriven"] != 0 {
			t.Errorf("the batch in hand was not sent: %v", h.states())
		}
		again, err := redrive.Resume(t.Context(), h.config(), r.ID)
		if err != nil || again.Sent != 100-r.Sent || again.Again != 0 || again.Moved != 100 || again.State != store.RedriveDone {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

func TestStopDuringAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(100)
		c := h.config()
		h.broker.Down()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := redrive.Begin(ctx, c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Rate: 20})
		if err == nil || r.State != store.RedriveStopped || r.Moved != 10 || h.states()["redriven"] != 10 {
			t.Fatalf("%+v, %v, %v", r, err, h.states())
		}
		h.broker.Up()
		again, err := redrive.Resume(t.Context(), h.config(), r.ID)
		if err != nil || again.Sent != 100 || again.Again != 10 {
			t.Errorf("%+v, %v", again, err)
		}
	})
}
