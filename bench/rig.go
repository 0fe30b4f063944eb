package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/store"
	"recibo/store/sqlite"
)

// rig is a queue and a store, and how they are measured.
type rig struct {
	name string
	// queue opens a fresh queue; store a fresh database with its tables. dir is
	// for what lives in files.
	queue func(ctx context.Context, dir string) (queue.Broker, error)
	store func(ctx context.Context, dir string) (store.Store, error)
	// reopen opens the queue that the last call of queue opened.
	reopen func(ctx context.Context, dir string) (queue.Broker, error)
	// inserter makes a fresh database and returns what writes payments into it
	// as fast as it takes them and does nothing else: the same rows with the same
	// durability.
	inserter func(ctx context.Context, dir string) (insert func(context.Context, []store.Payment) error, done func(), err error)
	// cpu is what broker and database have used; nil where they are part of
	// this process.
	cpu   func() (broker, database time.Duration)
	close func()
}

func openRig(pair string) (*rig, error) {
	switch pair {
	case "embedded,sqlite":
		return embeddedRig(), nil
	case "rabbitmq,postgres":
		return realRig()
	}
	return nil, fmt.Errorf("no pair %q: embedded,sqlite or rabbitmq,postgres", pair)
}

func embeddedRig() *rig {
	open := func(ctx context.Context, dir string) (queue.Broker, error) {
		broker, err := jetstream.OpenEmbedded(ctx, filepath.Join(dir, "queue"), jetstream.Options{})
		if err != nil {
			return nil, err
		}
		return broker, broker.Setup(ctx)
	}
	return &rig{
		name: "embedded → SQLite", queue: open, reopen: open,
		store: func(ctx context.Context, dir string) (store.Store, error) {
			return sqlite.Open(ctx, filepath.Join(dir, "recibo.db"), sqlite.Options{})
		},
		inserter: sqliteInserter,
		close:    func() {},
	}
}
