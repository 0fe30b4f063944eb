package simulator_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"recibo/queue"
	"recibo/simulator"
)

// onControl answers calls that carry control totals with each answer once.
func onControl(answers ...answer) answer {
	return func(ctx context.Context, ms []queue.Message) *queue.PartialError {
		if !isControl(ms[0]) || len(answers) == 0 {
			return nil
		}
		next := answers[0]
		answers = answers[1:]
		return next(ctx, ms)
	}
}

// TestControlTotalsAreSentAgain: an outage hits control totals as it hits
// payments.
func TestControlTotalsAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		some := func(_ context.Context, ms []queue.Message) *queue.PartialError {
			return &queue.PartialError{Refused: []int{0}, Unknown: []int{1}, Err: errScript}
		}
		s := newStage(1000, times(1000, onControl(down, some, down))...)
		s.Control = 5 * time.Second
		r := s.run(t)
		want, _ := recount(simulator.Config{Seed: 1, Faults: simulator.DefaultFaults}, 1000, s.Control)
		got, _ := told(t, 1, s.queue.order)
		checkTold(t, got, want)
		if r.Sent != 1000 || r.ControlTotals != int64(len(got)) || r.ControlTotalsUnsent != 0 || r.InDoubt != 0 {
			t.Errorf("%+v, %d windows", r, len(got))
		}
	})
}

// TestControlTotalsOfWhatIsInDoubt: the queue falls silent in the middle. What
// was told before stands; a window in which a payment is in doubt is not told.
func TestControlTotalsOfWhatIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		falls := func(ctx context.Context, ms []queue.Message) *queue.PartialError {
			if ms[0].ID == "1:500" {
				return silent(ctx, ms)
			}
			return nil
		}
		s := newStage(1000, times(1000, falls)...)
		s.Control, s.Grace, s.Duration = 5*time.Second, time.Second, time.Minute
		r, err := s.Run(t.Context())
		if err != nil || r.Sent != 500 || r.InDoubt != 100 {
			t.Fatalf("%+v, %v", r, err)
		}
		got, _ := told(t, 1, s.queue.order)
		all, _ := recount(simulator.Config{Seed: 1, Faults: simulator.DefaultFaults}, 600, s.Control)
		if len(got) == 0 || r.ControlTotals != int64(len(got)) || r.ControlTotalsUnsent != int64(len(all)-len(got)) || r.ControlTotalsUnsent == 0 {
			t.Errorf("%+v, %d told of %d windows", r, len(got), len(all))
		}
		for w := range all {
			if _, was := got[w]; !was {
				delete(all, w)
			}
		}
		checkTold(t, got, all)
		if line := s.log.lines[len(s.log.lines)-1]; line.Message != "control totals are not known to be sent" ||
			s.log.attribute(len(s.log.lines)-1, "windows") != r.ControlTotalsUnsent {
			t.Errorf("logged %v", s.log.lines)
		}
	})
}

// TestControlTotalsUnsent: the queue takes payments, but no control totals,
// until the grace time is over.
func TestControlTotalsUnsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(100, times(1000, onControl(times(1000, down)...))...)
		s.Control, s.Grace, s.Duration = time.Hour, time.Second, time.Minute
		if r := s.run(t); r.Sent != 100 || r.InDoubt != 0 || r.ControlTotals != 0 || r.ControlTotalsUnsent != 5 {
			t.Errorf("%+v", r)
		}
	})
}

// TestControlTotalsLeaveOutWhatIsRefused: a payment that the queue will never
// take is not counted.
func TestControlTotalsLeaveOutWhatIsRefused(t *testing.T) {
	strict := func(_ context.Context, ms []queue.Message) *queue.PartialError {
		for _, m := range ms {
			if m.ID == "1:7" {
				return &queue.PartialError{Refused: all(ms), TooBig: true, Err: errScript}
			}
		}
		return nil
	}
	s := newStage(200, times(1000, strict)...)
	s.Control = time.Hour
	r := s.run(t)
	c := simulator.Config{Seed: 1, Faults: simulator.DefaultFaults}
	want, _ := recount(c, 200, s.Control, "1:7")
	whole, _ := recount(c, 200, s.Control)
	got, _ := told(t, 1, s.queue.order)
	checkTold(t, got, want)
	same := 0
	for w := range whole {
		if whole[w].Prints == want[w].Prints {
			same++
		}
	}
	if r.Refused != 1 || r.Sent != 199 || same != len(whole)-1 {
		t.Errorf("%+v, %d of %d windows without a difference", r, same, len(whole))
	}
}

func TestControlTotalsOfAClosedPublisher(t *testing.T) {
	s := newStage(100)
	s.Control = time.Hour
	s.Publisher = closedForControl{s.queue}
	r, err := s.Run(t.Context())
	if !errors.Is(err, queue.ErrClosed) || r.Sent != 100 || r.ControlTotals != 0 || r.ControlTotalsUnsent != 5 {
		t.Errorf("%+v, %v", r, err)
	}
}

type closedForControl struct{ *script }

func (c closedForControl) Publish(ctx context.Context, ms []queue.Message) error {
	if isControl(ms[0]) {
		return queue.ErrClosed
	}
	return c.script.Publish(ctx, ms)
}
