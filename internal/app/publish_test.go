package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/config"
	"recibo/queue"
)

// picky is a publisher that takes at most so many bytes at once, and does not
// answer for the first few calls.
type picky struct {
	most, silent int
	got          []string
}

func (p *picky) Publish(_ context.Context, ms []queue.Message) error {
	if p.silent > 0 {
		p.silent--
		return &queue.PartialError{Unknown: span(0, len(ms)), Err: errDown}
	}
	size := 0
	for _, m := range ms {
		size += len(m.Body)
	}
	if size > p.most {
		return &queue.PartialError{Refused: span(0, len(ms)), TooBig: true, Err: errors.New("maximum payload exceeded")}
	}
	for _, m := range ms {
		p.got = append(p.got, string(m.Body))
	}
	return nil
}

func (p *picky) Close(context.Context) error { return nil }

func publishAll(ctx context.Context, p queue.Publisher, bodies ...string) (Published, string, error) {
	var log strings.Builder
	w := &publishing{app: &App{Config: &config.Config{}, Log: slog.New(slog.NewTextHandler(&log, nil))}, publisher: p, run: "run"}
	err := w.all(ctx, func(yield func(Piece, error) bool) {
		for i, body := range bodies {
			if !yield(Piece{Where: "f:" + string(rune('1'+i)), Body: []byte(body)}, nil) {
				return
			}
		}
	})
	return w.result, log.String(), err
}

func TestPublishNamesWhatIsTooBig(t *testing.T) {
	p := &picky{most: 5}
	r, log, err := publishAll(t.Context(), p, "aa", "bbb", "cccccccc", "d")
	if diff := cmp.Diff([]string{"aa", "bbb", "d"}, p.got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if r.Sent != 3 || r.Refused != 1 || strings.Count(log, "too big") != 1 || !strings.Contains(log, "f:3") {
		t.Errorf("%+v\n%s", r, log)
	}
	if ExitCode(CheckPublished(r)) != ExitNo {
		t.Error("a refused message is no failure")
	}
}

func TestPublishWaitsForTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &picky{most: 100, silent: 5}
		r, log, err := publishAll(t.Context(), p, "a", "b")
		if diff := cmp.Diff([]string{"a", "b"}, p.got); diff != "" || err != nil || r.Sent != 2 || r.InDoubt != 0 {
			t.Errorf("%+v, %v\n%s", r, err, diff)
		}
		if strings.Count(log, "does not answer") != 1 || strings.Count(log, "answers again") != 1 {
			t.Errorf("it said\n%s", log)
		}
	})
}

func TestPublishInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, _, err := publishAll(ctx, &picky{most: 100, silent: 99}, "a", "b")
	if ExitCode(err) != ExitNo || r.Sent != 0 || r.InDoubt != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}
