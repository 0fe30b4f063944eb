package queuetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/queue"
	"recibo/queue/queuetest"
)

// faulty opens f over a new Memory that holds n messages.
func faulty(t *testing.T, f *queuetest.Faulty, n int) (queue.Source, queue.Publisher) {
	t.Helper()
	m := queuetest.NewMemory()
	f.Broker = m
	direct, _ := m.Publisher(t.Context())
	if err := direct.Publish(t.Context(), numbered(n)); err != nil {
		t.Fatal(err)
	}
	s, err := f.Source(t.Context(), queue.Want{Messages: 100})
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func numbered(n int) []queue.Message {
	ms := make([]queue.Message, n)
	for i := range ms {
		ms[i].ID = fmt.Sprint(i)
	}
	return ms
}

func ids(t *testing.T, s queue.Source, limit int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	ds, err := s.Receive(ctx, limit)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%s/%d", d.ID, d.Attempt))
	}
	return out
}

func TestFaultyReceiveFailsNTimes(t *testing.T) {
	s, _ := faulty(t, &queuetest.Faulty{BeforeReceive: queuetest.FailReceives(2)}, 1)
	for range 2 {
		if _, err := s.Receive(t.Context(), 1); !errors.Is(err, queuetest.ErrInjected) {
			t.Fatalf("receive: %v, want ErrInjected", err)
		}
	}
	if diff := cmp.Diff([]string{"0/1"}, ids(t, s, 1)); diff != "" {
		t.Error(diff)
	}
}

func TestFaultyLostAckComesAgain(t *testing.T) {
	for _, answer := range []error{nil, queuetest.ErrInjected} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := faulty(t, &queuetest.Faulty{BeforeAck: queuetest.LoseAcks(1, answer)}, 2)
			ds, _ := s.Receive(t.Context(), 2)
			waiting := make(chan []string)
			go func() { waiting <- ids(t, s, 9) }()
			synctest.Wait()
			if err := s.Ack(t.Context(), ds); !errors.Is(err, answer) {
				t.Fatalf("ack: %v, want %v", err, answer)
			}
			if diff := cmp.Diff([]string{"0/2", "1/2"}, <-waiting); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFaultyPublishes(t *testing.T) {
	before, after := queuetest.RefuseSome(func(m queue.Message) bool { return m.ID != "1" })
	tests := []struct {
		name   string
		faulty *queuetest.Faulty
		want   *queue.PartialError
		there  []string
	}{
		{"refused", &queuetest.Faulty{BeforePublish: queuetest.FailPublishes(1)}, &queue.PartialError{Refused: []int{0, 1, 2}}, nil},
		{"reply lost", &queuetest.Faulty{AfterPublish: queuetest.LoseReplies(1)}, &queue.PartialError{Unknown: []int{0, 1, 2}}, []string{"0/1", "1/1", "2/1"}},
		{"partly", &queuetest.Faulty{BeforePublish: before, AfterPublish: after}, &queue.PartialError{Refused: []int{1}}, []string{"0/1", "2/1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, p := faulty(t, tt.faulty, 0)
			err := p.Publish(t.Context(), numbered(3))
			var got *queue.PartialError
			if !errors.As(err, &got) || !errors.Is(err, queuetest.ErrInjected) {
				t.Fatalf("publish: %v", err)
			}
			if diff := cmp.Diff([][]int{tt.want.Refused, tt.want.Unknown}, [][]int{got.Refused, got.Unknown}); diff != "" {
				t.Error(diff)
			}
			if tt.there == nil {
				return
			}
			if diff := cmp.Diff(tt.there, ids(t, s, 9)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFaultyOutageInterruptsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &queuetest.Faulty{}
		s, p := faulty(t, f, 0)
		waiting := make(chan error)
		go func() {
			_, err := s.Receive(t.Context(), 1)
			waiting <- err
		}()
		synctest.Wait()
		f.Down()
		if err := <-waiting; !errors.Is(err, queuetest.ErrInjected) {
			t.Fatalf("receive that waited: %v, want ErrInjected", err)
		}
		for what, err := range map[string]error{
			"publish": p.Publish(t.Context(), numbered(1)), "ack": s.Ack(t.Context(), nil), "setup": f.Setup(t.Context()),
		} {
			if !errors.Is(err, queuetest.ErrInjected) {
				t.Errorf("%s while down: %v, want ErrInjected", what, err)
			}
		}
		f.Up()
		if err := p.Publish(t.Context(), numbered(1)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"0/1"}, ids(t, s, 1)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFaultyDoublesAndShuffles(t *testing.T) {
	s, _ := faulty(t, &queuetest.Faulty{AfterReceive: queuetest.Double(2)}, 4)
	if diff := cmp.Diff([]string{"0/1", "1/1", "1/1", "2/1", "3/1", "3/1"}, ids(t, s, 4)); diff != "" {
		t.Error(diff)
	}
	one, _ := faulty(t, &queuetest.Faulty{AfterReceive: queuetest.Shuffle(7)}, 20)
	two, _ := faulty(t, &queuetest.Faulty{AfterReceive: queuetest.Shuffle(7)}, 20)
	plain, _ := faulty(t, &queuetest.Faulty{}, 20)
	a, b, c := ids(t, one, 20), ids(t, two, 20), ids(t, plain, 20)
	if !cmp.Equal(a, b) || cmp.Equal(a, c) {
		t.Errorf("one seed must give one order, and not the broker's: %v, %v, %v", a, b, c)
	}
}
