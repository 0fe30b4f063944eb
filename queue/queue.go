// Package queue is the port to the systems that carry payment events. It says
// what a message, a delivery and a broker are; one package below it speaks to
// each system.
package queue

import (
	"context"
	"time"
)

// Message is bytes for a queue.
type Message struct {
	// ID names this publication ("seed:index", "entry:attempt"), never the
	// content: brokers that deduplicate by id must not eat a conflict.
	ID      string
	Key     string // what to partition by: the transaction_id, or empty
	Body    []byte
	Headers map[string]string
}

// Delivery is a message handed to us, to be settled with Ack.
type Delivery struct {
	Message
	Attempt  int    // 1 for the first; 0 where the broker does not say
	Position string // for people: "payments@991"
	Receipt  any    // the adapter's own
}

// Want says how much a Source may hold unacked, and of what.
type Want struct {
	Messages    int
	Bytes       int
	DeadLetters bool // read the broker's dead letters instead of the queue
}

// Source hands out deliveries. Its methods may be called by several goroutines
// at once.
type Source interface {
	// Receive waits for at least one delivery and returns at most limit. A
	// cancelled ctx returns ctx.Err() and loses nothing. Any other error is an
	// outage of the queue: call again later.
	Receive(ctx context.Context, limit int) ([]Delivery, error)
	// Ack settles deliveries; it is the only way to settle. Acking one that
	// the broker has taken back meanwhile is no error. An error means that
	// some may come again.
	Ack(ctx context.Context, ds []Delivery) error
	// Close releases everything unacked for immediate redelivery.
	Close(ctx context.Context) error
}

// Publisher puts messages on the queue.
type Publisher interface {
	// Publish returns nil when the broker has all messages durably, else an
	// error that wraps a *PartialError. Order within a call is kept where the
	// system has an order.
	Publish(ctx context.Context, ms []Message) error
	Close(ctx context.Context) error
}

// Broker owns the connection to one queue of one system, and the server where
// that is embedded.
type Broker interface {
	// Setup makes the queue if it is not there. It never changes one that
	// Recibo did not make.
	Setup(ctx context.Context) error
	// Source opens a source; ErrNoDeadLetters where the system has none.
	Source(ctx context.Context, w Want) (Source, error)
	Publisher(ctx context.Context) (Publisher, error)
	Depth(ctx context.Context) (Depth, error)
	Close(ctx context.Context) error
}

// Depth is what waits in the queue. Nil is what the system cannot tell.
type Depth struct {
	Ready     *int64         // messages nobody holds
	InFlight  *int64         // messages handed out and unacked
	OldestAge *time.Duration // age of the oldest message not yet acked
}
