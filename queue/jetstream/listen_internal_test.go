package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"recibo/queue"
)

// A server that runs and does not answer is started again by its host, and what
// it had accepted is there.
func TestDeafServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	b, err := OpenEmbedded(t.Context(), t.TempDir(), Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	p, err := b.Publisher(t.Context())
	if err == nil {
		err = p.Publish(t.Context(), []queue.Message{{ID: "1", Body: []byte("x")}})
	}
	if err != nil {
		t.Fatal(err)
	}
	d := b.embedded
	first := d.hostNow()
	if err := first.askItself(t.Context()); err != nil {
		t.Fatalf("a server that is well: %v", err)
	}
	silent := func(context.Context) error { return errors.New("no answer") }
	first.ask.Store(&silent)
	for began := time.Now(); d.hostNow() == first || d.hostNow() == nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatal("the server was not started again")
		}
	}
	s, err := b.Source(t.Context(), queue.Want{Messages: 10, Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	for {
		ds, err := s.Receive(t.Context(), 10)
		if err == nil && len(ds) == 1 && ds[0].ID == "1" {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (d *dialer) hostNow() *host {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.host
}
