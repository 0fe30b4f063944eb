package main

import (
	"context"
	"fmt"
	"time"

	"recibo/payment"
	"recibo/queue"
	"recibo/recorder"
	"recibo/simulator"
	"recibo/store"
	"recibo/wire"
)

// stage is one thing that is measured.
type stage struct {
	Name string
	What string
	run  func(ctx context.Context, r *rig, dir string, events int) (result, error)
}

const (
	insertStage  = "raw insert"
	receiveStage = "raw receive, decode and ack"
	naiveStage   = "one a transaction"
)

func stagesOf(r *rig) []stage {
	return []stage{
		{r.name, "the whole recorder, from a full queue to the last ack", record},
		{insertStage, "the same rows, 1000 a transaction, nothing else", insertRaw},
		{receiveStage, "the queue alone, emptied, each message decoded", receiveRaw},
		{"raw publish", "the queue alone, filled in batches of 1000", publishRaw},
		{naiveStage, "receive one, write one, commit, ack", recordNaively},
	}
}

// bodies returns n different valid messages, as the simulator makes them.
func bodies(n int) []queue.Message {
	generator := simulator.New(simulator.Config{Seed: 1})
	messages := make([]queue.Message, n)
	for i := range messages {
		messages[i] = generator.Next().Message
	}
	return messages
}

// rows returns the payments of those messages.
func rows(n int) ([]store.Payment, error) {
	payments := make([]store.Payment, 0, n)
	for i, m := range bodies(n) {
		event, err := wire.Decode(m.Body, wire.Options{})
		if err != nil {
			return nil, err
		}
		payments = append(payments, store.Payment{Event: event, Fingerprint: payment.FingerprintOf(&event),
			Queue: "embedded:queue", Position: fmt.Sprintf("payments@%d", i+1),
			RecordedAt: payment.Normalize(time.Now())})
	}
	return payments, nil
}

// full opens a queue that holds n messages.
func full(ctx context.Context, r *rig, dir string, n int) (queue.Broker, error) {
	broker, err := r.queue(ctx, dir)
	if err != nil {
		return nil, err
	}
	return broker, publish(ctx, broker, bodies(n))
}

func publish(ctx context.Context, broker queue.Broker, messages []queue.Message) error {
	publisher, err := broker.Publisher(ctx)
	if err != nil {
		return err
	}
	defer publisher.Close(ctx)
	for rest := messages; len(rest) > 0; {
		n := min(len(rest), 1000)
		if err := publisher.Publish(ctx, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func publishRaw(ctx context.Context, r *rig, dir string, n int) (result, error) {
	broker, err := full(ctx, r, dir, 0)
	if err != nil {
		return result{}, err
	}
	defer broker.Close(ctx)
	messages := bodies(n)
	then := r.now()
	err = publish(ctx, broker, messages)
	return r.since(then, n), err
}

func insertRaw(ctx context.Context, r *rig, dir string, n int) (result, error) {
	payments, err := rows(n)
	if err != nil {
		return result{}, err
	}
	insert, done, err := r.inserter(ctx, dir)
	if err != nil {
		return result{}, err
	}
	defer done()
	then := r.now()
	err = insert(ctx, payments)
	return r.since(then, n), err
}

func receiveRaw(ctx context.Context, r *rig, dir string, n int) (result, error) {
	broker, err := full(ctx, r, dir, n)
	if err != nil {
		return result{}, err
	}
	defer broker.Close(ctx)
	then := r.now()
	source, err := broker.Source(ctx, queue.Want{Messages: 3000, Bytes: 64 << 20})
	if err != nil {
		return result{}, err
	}
	defer source.Close(ctx)
	for left := n; left > 0; {
		ds, err := source.Receive(ctx, 1000)
		if err != nil {
			return result{}, err
		}
		for i := range ds {
			if _, err := wire.Decode(ds[i].Body, wire.Options{}); err != nil {
				return result{}, err
			}
		}
		if err := source.Ack(ctx, ds); err != nil {
			return result{}, err
		}
		left -= len(ds)
	}
	return r.since(then, n), nil
}

func record(ctx context.Context, r *rig, dir string, n int) (result, error) {
	return recordInBatches(ctx, r, dir, n, 0)
}

func recordNaively(ctx context.Context, r *rig, dir string, n int) (result, error) {
	return recordInBatches(ctx, r, dir, n, 1)
}

func recordInBatches(ctx context.Context, r *rig, dir string, n, batch int) (result, error) {
	broker, err := full(ctx, r, dir, n)
	if err != nil {
		return result{}, err
	}
	defer broker.Close(ctx)
	database, err := r.store(ctx, dir)
	if err != nil {
		return result{}, err
	}
	defer database.Close()
	return r.drain(ctx, broker, database, n, batch)
}

// drain records until n are committed and acked, and stops the clocks then.
func (r *rig) drain(ctx context.Context, broker queue.Broker, database store.Store, n, batch int) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config := recorder.Config{ID: "bench", Batch: batch, Queue: "bench"}
	if batch == 1 {
		config.Writers = 1
	}
	run := recorder.New(broker, database, config)
	done := make(chan error, 1)
	then := r.now()
	go func() {
		_, err := run.Run(ctx)
		done <- err
	}()
	for {
		p := run.Progress()
		if p.Delivered >= int64(n) && p.Held == 0 {
			break
		}
		select {
		case err := <-done:
			return result{}, err
		case <-time.After(2 * time.Millisecond):
		}
	}
	got := r.since(then, n)
	cancel()
	return got, <-done
}
