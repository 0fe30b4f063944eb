package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"recibo/queue"
	"recibo/store"
)

// rig is a queue and a store that are measured together.
type rig struct {
	name string
	queueEnd
	storeEnd
}

// queueEnd is a queue and how it is measured.
type queueEnd struct {
	name   string
	events int // how many are enough for a measurement
	// queue opens a fresh queue; dir is for what lives in files.
	queue func(ctx context.Context, dir string) (queue.Broker, error)
	// reopen opens the queue that the last call of queue opened.
	reopen func(ctx context.Context, dir string) (queue.Broker, error)
	server
}

// storeEnd is a store and how it is measured.
type storeEnd struct {
	name   string
	events int // how many are enough for a measurement
	// store opens a fresh database with its tables; dir is for what lives in
	// files.
	store func(ctx context.Context, dir string) (store.Store, error)
	// inserter makes a fresh database and returns what writes payments into it
	// as fast as it takes them and does nothing else: the same rows with the same
	// durability.
	inserter func(ctx context.Context, dir string) (insert func(context.Context, []store.Payment) error, done func(), err error)
	server
}

// server is a process of its own; nil where queue or store are part of this
// one.
type server interface {
	CPU() time.Duration
	Close() error
}

// The systems, each with a server of its own.
var (
	queueEnds = map[string]func() (queueEnd, error){
		"embedded": embeddedEnd,
		"rabbitmq": rabbitEnd,
		"kafka":    kafkaEnd,
		"sqs":      sqsEnd,
	}
	storeEnds = map[string]func() (storeEnd, error){
		"sqlite":   sqliteEnd,
		"postgres": postgresEnd,
		"mysql":    mysqlEnd,
		"mongodb":  mongoEnd,
	}
)

func openRig(pair string) (*rig, error) {
	q, s, _ := strings.Cut(pair, ",")
	openQueue, openStore := queueEnds[q], storeEnds[s]
	if openQueue == nil || openStore == nil {
		return nil, fmt.Errorf("no pair %q: one of %s, a comma, one of %s", pair, names(queueEnds), names(storeEnds))
	}
	r := &rig{}
	var err error
	if r.queueEnd, err = openQueue(); err != nil {
		return nil, err
	}
	if r.storeEnd, err = openStore(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	r.name = r.queueEnd.name + " → " + r.storeEnd.name
	return r, nil
}

func names[E any](ends map[string]E) string {
	return strings.Join(slices.Sorted(maps.Keys(ends)), ", ")
}

// close stops the servers.
func (r *rig) close() error {
	var errs []error
	for _, s := range []server{r.queueEnd.server, r.storeEnd.server} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// outside tells whether something of the rig is a process of its own.
func (r *rig) outside() bool { return r.queueEnd.server != nil || r.storeEnd.server != nil }

// cpu is what broker and database have used outside of this process.
func (r *rig) cpu() (broker, database time.Duration) {
	if s := r.queueEnd.server; s != nil {
		broker = s.CPU()
	}
	if s := r.storeEnd.server; s != nil {
		database = s.CPU()
	}
	return broker, database
}
