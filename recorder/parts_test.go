package recorder

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

func (a *activity) want(t *testing.T, held int, settled int64, oldest time.Duration) {
	t.Helper()
	if h, s := a.counts(); h != held || s != settled || a.done() != settled || a.oldest() != oldest {
		t.Errorf("%d held, %d settled, the oldest %v old; want %d, %d, %v", h, s, a.oldest(), held, settled, oldest)
	}
}

// The oldest is the first that came and is not done with, however many came or
// are settled at once.
func TestActivity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &activity{}
		a.want(t, 0, 0, 0)
		a.arrive(3)
		time.Sleep(time.Second)
		a.arrive(2)
		time.Sleep(time.Second)
		a.settle(1)
		a.want(t, 4, 1, 2*time.Second)
		a.settle(1)
		a.want(t, 3, 2, 2*time.Second)
		a.settle(2) // of both arrivals
		a.want(t, 1, 4, time.Second)
		time.Sleep(time.Second)
		if held, since := a.quiet(); held != 1 || since != time.Second {
			t.Errorf("%d held, quiet for %v", held, since)
		}
		a.settle(1)
		a.want(t, 0, 5, 0)
		a.settle(1) // more than came: nothing is held
		if a.oldest() != 0 {
			t.Errorf("the oldest of nothing is %v old", a.oldest())
		}
	})
}

func items(bodies ...string) []item {
	all := make([]item, len(bodies))
	for i, b := range bodies {
		all[i].delivery.Body = []byte(b)
	}
	return all
}

// A buffer that holds its most bytes lets nothing in until something is taken.
func TestBufferIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(10)
		b.put(t.Context(), items("123456", "1234"))
		in := make(chan bool, 1)
		put := func(ctx context.Context, body string) { go func() { b.put(ctx, items(body)); in <- true }() }
		isIn := func() bool {
			synctest.Wait()
			select {
			case <-in:
				return true
			default:
				return false
			}
		}
		if put(t.Context(), "1234567"); isIn() {
			t.Error("more came in, though it holds all it may")
		}
		if got := b.take(t.Context(), 1); len(got) != 1 || !isIn() {
			t.Error("nothing came in, though there was room")
		}
		// 4 and 7 bytes now.
		if put(t.Context(), "x"); isIn() {
			t.Error("more came in, though it holds more than it may")
		}
		ended, end := context.WithCancel(t.Context())
		end()
		b.put(ended, items("y")) // it is here already: at once
		b.take(t.Context(), 1)
		b.take(t.Context(), 1)
		if !isIn() {
			t.Error("nothing came in, though there was room")
		}
		if b.bytes != 2 {
			t.Errorf("it holds two bytes, and counts %d", b.bytes)
		}
	})
}

// What one writer leaves is for the next, and the end is told to all.
func TestBufferWakesEveryWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(10)
		took := make(chan int, 3)
		for range 3 {
			go func() { took <- len(b.take(t.Context(), 1)) }()
		}
		synctest.Wait()
		b.put(t.Context(), items("a", "b"))
		synctest.Wait()
		if len(took) != 2 {
			t.Errorf("%d writers woke up, want 2", len(took))
		}
		b.close()
		synctest.Wait()
		if len(took) != 3 {
			t.Errorf("%d writers woke up, want 3", len(took))
		}
	})
}

func TestDigest(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	d := &digest{}
	d.tell(log, "q")
	if out.Len() != 0 {
		t.Errorf("of nothing it tells %s", &out)
	}
	d.quarantined("conflict")
	d.quarantined("conflict")
	d.quarantined("invalid")
	d.tell(log, "q")
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "reason=conflict count=2") || !strings.Contains(got, "reason=invalid count=1") {
		t.Errorf("it tells %s", got)
	}
	out.Reset()
	d.ackFailed(2, errors.New("reset"))
	d.ackFailed(3, errors.New("gone"))
	d.tell(log, "q")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "count=5 error=gone") {
		t.Errorf("it tells %s", got)
	}
}

func TestCountsPerSecond(t *testing.T) {
	c := &counts{digest: &digest{}}
	for range 5 {
		c.add([]fate{{kind: store.FateRecorded}, {kind: store.FateQuarantined, reason: quarantine.Invalid}})
	}
	if r := c.result(4 * time.Second); r.Delivered != 10 || r.PerSecond != 2 {
		t.Errorf("%+v, want 10 in 4 s to be 2 a second", r)
	}
	if r := c.result(0); r.PerSecond != 0 {
		t.Errorf("%d a second in no time", r.PerSecond)
	}
}

// An outage that lasts is due to be told a minute after it was told last, with
// how often it was met.
func TestLastingIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{ID: "r"}.withDefaults(1, 1)
		w := newWatch(&c, store.StoreComponent, "s")
		began := time.Now()
		w.failed("a", errors.New("gone"))
		w.failed("b", errors.New("gone"))
		for at, want := range map[time.Duration]bool{0: false, stillEvery - 1: false} {
			if _, due := w.lasting(began.Add(at)); due != want {
				t.Errorf("after %v: due %t", at, due)
			}
		}
		if o, due := w.lasting(began.Add(stillEvery)); !due || o.Attempts != 2 {
			t.Errorf("after a minute: due %t, %d attempts", due, o.Attempts)
		}
		if _, due := w.lasting(began.Add(2*stillEvery - 1)); due {
			t.Error("it is due again before another minute")
		}
	})
}

func TestConfigWithDefaults(t *testing.T) {
	for _, c := range []struct{ writers, batch, wantWriters, wantBatch int }{
		{0, 0, 4, 100}, {-1, -1, 4, 100}, {1, 1, 1, 1}, {3, 99, 3, 99}, {4, 100, 4, 100}, {5, 101, 4, 100},
	} {
		got := Config{Writers: c.writers, Batch: c.batch}.withDefaults(4, 100)
		if got.Writers != c.wantWriters || got.Batch != c.wantBatch {
			t.Errorf("%+v become %d writers of %d", c, got.Writers, got.Batch)
		}
	}
	got := Config{BufferBytes: 1, DrainTimeout: 1}.withDefaults(1, 1)
	if got.BufferBytes != 1 || got.DrainTimeout != 1 {
		t.Errorf("what is set becomes %d bytes, %v", got.BufferBytes, got.DrainTimeout)
	}
	got = Config{}.withDefaults(1, 1)
	if got.BufferBytes != 64<<20 || got.DrainTimeout != 10*time.Second {
		t.Errorf("what is not set becomes %d bytes, %v", got.BufferBytes, got.DrainTimeout)
	}
}
