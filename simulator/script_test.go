package simulator_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"recibo/ledger"
	"recibo/queue"
	"recibo/simulator"
)

// script is a publisher whose answers a test writes. It keeps what it took.
type script struct {
	mu      sync.Mutex
	answers []answer // one for each call; afterwards everything is taken
	calls   []call
	taken   map[string]int // times taken, by message id
	order   []queue.Message
}

type call struct {
	at       time.Time
	messages []queue.Message
}

// answer says what becomes of one call.
type answer func(ctx context.Context, ms []queue.Message) *queue.PartialError

var errScript = errors.New("as scripted")

func (s *script) Publish(ctx context.Context, ms []queue.Message) error {
	s.mu.Lock()
	n := len(s.calls)
	s.calls = append(s.calls, call{time.Now(), ms})
	s.mu.Unlock()
	var partial *queue.PartialError
	if n < len(s.answers) {
		partial = s.answers[n](ctx, ms)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := map[int]bool{}
	if partial != nil {
		for _, i := range append(partial.Refused, partial.Unknown...) {
			lost[i] = true
		}
	}
	for i, m := range ms {
		if !lost[i] {
			s.take(m)
		}
	}
	if partial != nil {
		return partial
	}
	return nil
}

func (s *script) take(m queue.Message) {
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[m.ID]++
	s.order = append(s.order, m)
}

func (s *script) Close(context.Context) error { return nil }

func all(ms []queue.Message) []int {
	is := make([]int, len(ms))
	for i := range is {
		is[i] = i
	}
	return is
}

// down refuses everything.
func down(_ context.Context, ms []queue.Message) *queue.PartialError {
	return &queue.PartialError{Refused: all(ms), Err: errScript}
}

// silent gives no answer until the context ends.
func silent(ctx context.Context, ms []queue.Message) *queue.PartialError {
	<-ctx.Done()
	return &queue.PartialError{Unknown: all(ms), Err: ctx.Err()}
}

func times(n int, a answer) []answer {
	as := make([]answer, n)
	for i := range as {
		as[i] = a
	}
	return as
}

// logbook counts the lines of a log by their message.
type logbook struct {
	slog.Handler
	mu    sync.Mutex
	lines []slog.Record
}

func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }

func (l *logbook) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r)
	return nil
}

func (l *logbook) attribute(line int, key string) any {
	var value any
	l.lines[line].Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			value = a.Value.Any()
		}
		return true
	})
	return value
}

// stage is a simulator with a scripted queue and a log to look at.
type stage struct {
	simulator.Simulator
	queue *script
	log   *logbook
}

func newStage(count int64, answers ...answer) *stage {
	s := &stage{queue: &script{answers: answers}, log: &logbook{}}
	s.Simulator = simulator.Simulator{Publisher: s.queue, Generator: defaults(1), Queue: "test:", Count: count,
		Batch: 100, Log: slog.New(s.log)}
	return s
}

func (s *stage) run(t *testing.T) simulator.Result {
	t.Helper()
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkSum(t, r)
	return r
}

func checkSum(t *testing.T, r simulator.Result) {
	t.Helper()
	if sum := r.Unique + r.Duplicate + r.Conflict + r.Malformed + r.Invalid + r.TooLarge; sum != r.Sent {
		t.Errorf("sent %d, the kinds are %d: %+v", r.Sent, sum, r)
	}
}

// wantFirst checks that exactly the first count messages were taken.
func (s *stage) wantFirst(t *testing.T, count int) {
	t.Helper()
	if len(s.queue.taken) != count {
		t.Errorf("%d messages were taken, want %d", len(s.queue.taken), count)
	}
	g := defaults(1)
	for range count {
		if m := g.Next(); s.queue.taken[m.ID] == 0 {
			t.Fatalf("message %s was not taken", m.ID)
		}
	}
}

// doubtful reads a ledger: how many lines it has, how many in doubt.
func doubtful(t *testing.T, path string) (lines, doubt int) {
	t.Helper()
	for l, err := range ledger.Read(openFile(t, path)) {
		if err != nil {
			t.Fatal(err)
		}
		if lines++; l.InDoubt {
			doubt++
		}
	}
	return lines, doubt
}
