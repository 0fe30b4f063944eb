package queuetest

import (
	"context"
	"errors"
	"sync"

	"recibo/queue"
)

// ErrInjected is what a Faulty queue answers while it is down, and what its
// ready-made hooks answer.
var ErrInjected = errors.New("injected queue fault")

// Faulty is a queue.Broker that fails as told, on top of one that does not. Set
// the hooks that a test needs before the first use; nil ones do nothing. Hooks
// are called by several goroutines at once. Down and Up may be called any time.
type Faulty struct {
	queue.Broker

	// BeforeReceive runs before each Receive; its error is the answer.
	BeforeReceive func() error
	// AfterReceive may change, double, reorder or drop what is handed out. What
	// it drops stays unacked until the source is closed.
	AfterReceive func([]queue.Delivery) []queue.Delivery
	// BeforeAck picks what the broker is told to settle, and says what the
	// caller is told. What is left out comes again at once.
	BeforeAck func([]queue.Delivery) ([]queue.Delivery, error)
	// BeforePublish may change what is published. Its error is the answer, and
	// nothing is published.
	BeforePublish func([]queue.Message) ([]queue.Message, error)
	// AfterPublish turns the answer: an accepted publish whose reply is lost.
	AfterPublish func([]queue.Message, error) error

	mu   sync.Mutex
	down chan struct{} // closed while the queue is down; nil before first use
}

// Down cuts the queue off: every call answers ErrInjected, and those that wait
// do so at once.
func (f *Faulty) Down() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down == nil {
		f.down = make(chan struct{})
	}
	select {
	case <-f.down:
	default:
		close(f.down)
	}
}

// Up ends what Down began.
func (f *Faulty) Up() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = make(chan struct{})
}

// outage returns a channel that is closed while the queue is down.
func (f *Faulty) outage() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down == nil {
		f.down = make(chan struct{})
	}
	return f.down
}

func (f *Faulty) failing() error {
	select {
	case <-f.outage():
		return ErrInjected
	default:
		return nil
	}
}

// Setup is the wrapped broker's, unless the queue is down.
func (f *Faulty) Setup(ctx context.Context) error {
	if err := f.failing(); err != nil {
		return err
	}
	return f.Broker.Setup(ctx)
}

// Source is the wrapped broker's with the faults of the hooks.
func (f *Faulty) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if err := f.failing(); err != nil {
		return nil, err
	}
	s, err := f.Broker.Source(ctx, w)
	if err != nil {
		return nil, err
	}
	return &faultySource{Source: s, faults: f, wake: make(chan struct{}, 1)}, nil
}

// Publisher is the wrapped broker's with the faults of the hooks.
func (f *Faulty) Publisher(ctx context.Context) (queue.Publisher, error) {
	if err := f.failing(); err != nil {
		return nil, err
	}
	p, err := f.Broker.Publisher(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyPublisher{Publisher: p, faults: f}, nil
}

// Depth is the wrapped broker's, unless the queue is down.
func (f *Faulty) Depth(ctx context.Context) (queue.Depth, error) {
	if err := f.failing(); err != nil {
		return queue.Depth{}, err
	}
	return f.Broker.Depth(ctx)
}
