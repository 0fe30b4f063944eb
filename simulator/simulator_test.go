package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"recibo/ledger"
	"recibo/queue"
	"recibo/simulator"
)

func openFile(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func openLedger(t *testing.T) (*ledger.Writer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.ndjson")
	w, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, path
}

func TestSendsTheStream(t *testing.T) {
	s := newStage(2345)
	w, path := openLedger(t)
	s.Ledger = w
	var shown []simulator.Result
	s.OnProgress = func(r simulator.Result) { shown = append(shown, r) }
	r := s.run(t)
	g := defaults(1)
	for i, got := range s.queue.order {
		want := g.Next()
		if got.ID != want.ID || got.Key != want.Key || string(got.Body) != string(want.Body) {
			t.Fatalf("message %d is %s, want %s", i, got.ID, want.ID)
		}
	}
	if r.Sent != 2345 || len(s.queue.order) != 2345 || r.InDoubt != 0 || r.Seed != 1 || r.Duplicate == 0 || r.Invalid == 0 {
		t.Errorf("%+v", r)
	}
	if len(shown) != 24 || shown[0].Sent != 100 || shown[23].Sent != 2345 {
		t.Errorf("progress was shown %d times: %+v", len(shown), shown)
	}
	if lines, doubt := doubtful(t, path); lines != 2345 || doubt != 0 {
		t.Errorf("the ledger has %d lines, %d in doubt", lines, doubt)
	}
}

func TestResultJSON(t *testing.T) {
	text, err := json.Marshal(simulator.Result{Seed: 1, Sent: 2})
	want := `{"seed":1,"sent":2,"in_doubt":0,"unique":0,"duplicate":0,"conflict":0,"malformed":0,"invalid":0,"too_large":0,"elapsed_ms":0,"per_second":0}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// TestPartial: only what is not known to be there is sent again.
func TestPartial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(100, func(context.Context, []queue.Message) *queue.PartialError {
			return &queue.PartialError{Refused: []int{7, 3}, Unknown: []int{99, 5}, Err: errScript}
		}, func(context.Context, []queue.Message) *queue.PartialError {
			return &queue.PartialError{Unknown: []int{3}, Err: errScript}
		})
		w, path := openLedger(t)
		s.Ledger = w
		if r := s.run(t); r.Sent != 100 || r.InDoubt != 0 {
			t.Errorf("%+v", r)
		}
		var again [][]string
		for _, c := range s.queue.calls[1:] {
			var ids []string
			for _, m := range c.messages {
				ids = append(ids, m.ID)
			}
			again = append(again, ids)
		}
		if len(again) != 2 || len(again[0]) != 4 || again[0][0] != "1:3" || again[0][3] != "1:99" ||
			len(again[1]) != 1 || again[1][0] != "1:99" {
			t.Errorf("sent again: %v", again)
		}
		s.wantFirst(t, 100)
		if lines, doubt := doubtful(t, path); lines != 100 || doubt != 0 {
			t.Errorf("the ledger has %d lines, %d in doubt", lines, doubt)
		}
	})
}

// TestOutage: the queue is down for a while in the second batch.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := func(context.Context, []queue.Message) *queue.PartialError { return nil }
		s := newStage(300, append([]answer{taken}, times(40, down)...)...)
		r := s.run(t)
		s.wantFirst(t, 300)
		for id, n := range s.queue.taken {
			if n != 1 {
				t.Errorf("%s was taken %d times", id, n)
			}
		}
		if len(s.log.lines) != 2 {
			t.Fatalf("%d log lines for one outage", len(s.log.lines))
		}
		elapsed, _ := s.log.attribute(1, "elapsed_ms").(int64)
		if s.log.attribute(0, "queue") != "test:" || s.log.attribute(0, "attempt") != int64(1) ||
			s.log.attribute(1, "attempt") != int64(41) || elapsed < 10_000 || elapsed > 30_000 {
			t.Errorf("logged %v", s.log.lines)
		}
		if r.ElapsedMS < elapsed {
			t.Errorf("%+v", r)
		}
		first := s.queue.calls[2].at.Sub(s.queue.calls[1].at)
		last := s.queue.calls[41].at.Sub(s.queue.calls[40].at)
		if first > 100*time.Millisecond || last < 250*time.Millisecond || last > 750*time.Millisecond {
			t.Errorf("waited %s first, %s last", first, last)
		}
	})
}

// TestTwoOutages: the second is waited for as patiently as the first.
func TestTwoOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := func(context.Context, []queue.Message) *queue.PartialError { return nil }
		s := newStage(300, append(append(times(10, down), taken), times(10, down)...)...)
		s.run(t)
		if len(s.log.lines) != 4 || s.log.attribute(3, "attempt") != int64(11) {
			t.Errorf("logged %v", s.log.lines)
		}
		if pause := s.queue.calls[12].at.Sub(s.queue.calls[11].at); pause > 100*time.Millisecond {
			t.Errorf("waited %s after the first failure of the second outage", pause)
		}
	})
}

// TestBlink: one failure of some messages is not worth a line.
func TestBlink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		some := func(context.Context, []queue.Message) *queue.PartialError {
			return &queue.PartialError{Refused: []int{0}, Err: errScript}
		}
		s := newStage(100, some)
		s.run(t)
		if len(s.log.lines) != 0 {
			t.Errorf("logged %v", s.log.lines)
		}
	})
}

func TestErrorWithoutDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(100)
		s.Publisher = &blunt{script: s.queue, failures: 2}
		if r := s.run(t); r.Sent != 100 || r.InDoubt != 0 {
			t.Errorf("%+v", r)
		}
		s.wantFirst(t, 100)
	})
}

// blunt fails without saying for which messages.
type blunt struct {
	*script
	failures int
	err      error
}

func (b *blunt) Publish(ctx context.Context, ms []queue.Message) error {
	if b.failures--; b.failures >= 0 {
		if b.err != nil {
			return b.err
		}
		return errScript
	}
	return b.script.Publish(ctx, ms)
}

func TestClosedPublisher(t *testing.T) {
	s := newStage(100)
	s.Publisher = &blunt{script: s.queue, failures: 1, err: queue.ErrClosed}
	r, err := s.Run(t.Context())
	if !errors.Is(err, queue.ErrClosed) || r.Sent != 0 || r.InDoubt != 100 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTooBig: the broker takes no message above 60 KiB, and says of a call
// with one of them only that it was too big.
func TestTooBig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		strict := func(_ context.Context, ms []queue.Message) *queue.PartialError {
			for _, m := range ms {
				if len(m.Body) > 60<<10 {
					return &queue.PartialError{Refused: all(ms), TooBig: true, Err: errScript}
				}
			}
			return nil
		}
		s := newStage(500, times(1000, strict)...)
		s.Generator = simulator.New(simulator.Config{Seed: 1, Faults: simulator.Faults{TooLarge: 10_000}})
		w, path := openLedger(t)
		s.Ledger = w
		began := time.Now()
		r := s.run(t)
		if r.Refused == 0 || r.Sent+r.Refused != 500 || r.TooLarge != 0 || r.InDoubt != 0 {
			t.Errorf("%+v", r)
		}
		if time.Since(began) > 0 {
			t.Error("it waited for what waiting cannot mend")
		}
		if int64(len(s.log.lines)) != r.Refused {
			t.Errorf("%d log lines for %d messages", len(s.log.lines), r.Refused)
		}
		if lines, doubt := doubtful(t, path); lines != 500 || int64(doubt) != r.Refused {
			t.Errorf("the ledger has %d lines, %d in doubt", lines, doubt)
		}
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(500)
		s.Rate = 100
		began := time.Now()
		s.run(t)
		if elapsed := time.Since(began).Round(time.Millisecond); elapsed != 4950*time.Millisecond {
			t.Errorf("500 messages at 100/s took %s", elapsed)
		}
		if n := len(s.queue.calls[0].messages); n != 5 {
			t.Errorf("%d messages at once", n)
		}
	})
}

func TestVeryLowRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(0)
		s.Rate, s.Duration = 2, 10*time.Second+time.Millisecond
		if r := s.run(t); r.Sent != 21 || r.ElapsedMS != 10_001 || r.PerSecond != 2 {
			t.Errorf("%+v", r)
		}
	})
}

// TestStopInOutage: the batch in hand has its grace time, and is then in doubt.
func TestStopInOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := func(context.Context, []queue.Message) *queue.PartialError { return nil }
		s := newStage(0, taken, silent)
		s.Grace = 3 * time.Second
		w, path := openLedger(t)
		s.Ledger = w
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		began := time.Now()
		r, err := s.Run(ctx)
		if err != nil || r.Sent != 100 || r.InDoubt != 100 || time.Since(began) != 8*time.Second {
			t.Errorf("%+v, %v after %s", r, err, time.Since(began))
		}
		if lines, doubt := doubtful(t, path); lines != 200 || doubt != 100 {
			t.Errorf("the ledger has %d lines, %d in doubt", lines, doubt)
		}
	})
}

// TestStopFinishesTheBatch: within the grace time the queue comes back.
func TestStopFinishesTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(0, times(6, down)...)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		r, err := s.Run(ctx)
		if err != nil || r.Sent != 100 || r.InDoubt != 0 || len(s.queue.calls) != 7 {
			t.Errorf("%+v, %v, %d calls", r, err, len(s.queue.calls))
		}
	})
}

// TestRefusedIsNotInDoubt: the queue was down all the time and said so.
func TestRefusedIsNotInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(0, times(100, down)...)
		s.Duration = time.Second
		if r := s.run(t); r.Sent != 0 || r.InDoubt != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestStoppedBeforeTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newStage(0)
	if r, err := s.Run(ctx); err != nil || r.Sent != 0 || len(s.queue.calls) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLedgerFails: what cannot be listed is not sent.
func TestLedgerFails(t *testing.T) {
	s := newStage(1000)
	w, _ := openLedger(t)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.Ledger = w
	if r, err := s.Run(t.Context()); !errors.Is(err, os.ErrClosed) || r.Sent != 0 || len(s.queue.calls) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestListedBeforeSent looks into the ledger at each publish.
func TestListedBeforeSent(t *testing.T) {
	w, path := openLedger(t)
	look := func(_ context.Context, ms []queue.Message) *queue.PartialError {
		listed := map[string]bool{}
		for l, err := range ledger.Read(openFile(t, path)) {
			if err != nil {
				t.Error(err)
			}
			listed[l.MessageID] = l.InDoubt
		}
		for _, m := range ms {
			if !listed[m.ID] {
				t.Errorf("%s is published and not listed as in doubt", m.ID)
			}
		}
		return nil
	}
	s := newStage(500, times(5, look)...)
	s.Ledger = w
	s.run(t)
}
