package queuetest

import (
	"context"
	"testing"
	"time"

	"recibo/queue"
)

// Stream is one source and one publisher that live through everything, and what
// went through them.
type Stream struct {
	Source    queue.Source
	Publisher queue.Publisher
	Next      int            // the number of the next message that Flows publishes
	Seen      map[string]int // how often each message was received, by id
	inspect   func(t *testing.T, text string)
}

// NewStream opens both ends. Inspect is shown the text of every error.
func NewStream(t *testing.T, b queue.Broker, inspect func(t *testing.T, text string)) *Stream {
	t.Helper()
	return &Stream{Source: Source(t, b, 100), Publisher: Publisher(t, b), Seen: map[string]int{}, inspect: inspect}
}

// Flows fails unless new messages go in, and come out and can be acked, within
// the time. Publishing is tried again where the fate of a message is not known.
func (m *Stream) Flows(t *testing.T, within time.Duration) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ms := Numbered(m.Next, m.Next+5)
	m.Next += 5
	for {
		err := m.Publisher.Publish(ctx, ms)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("published nothing within %v: %v", within, err)
		}
		m.inspect(t, err.Error())
		time.Sleep(50 * time.Millisecond)
	}
	published := time.Since(began)
	for !m.saw(ms) {
		ds, err := m.Source.Receive(ctx, 100)
		if ctx.Err() != nil {
			t.Fatalf("received %d of %d within %v: %v", len(m.Seen), m.Next, within, err)
		}
		if err != nil {
			m.inspect(t, err.Error())
			time.Sleep(20 * time.Millisecond)
			continue
		}
		for _, d := range ds {
			m.Seen[d.ID]++
		}
		_ = m.Source.Ack(ctx, ds) // an error means that some may come again
	}
	t.Logf("published after %v, received after %v", published.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}

func (m *Stream) saw(ms []queue.Message) bool {
	for _, each := range ms {
		if m.Seen[each.ID] == 0 {
			return false
		}
	}
	return true
}

// Close closes both ends.
func (m *Stream) Close(t *testing.T) {
	t.Helper()
	Close(t, m.Publisher)
	Close(t, m.Source)
}
