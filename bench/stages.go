package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"recibo/payment"
	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/recorder"
	"recibo/simulator"
	"recibo/store"
	"recibo/store/sqlite"
	"recibo/wire"
)

const naiveStage = "one a transaction"

var stages = []stage{
	{"embedded → SQLite", "the whole recorder, from a full queue to the last ack", record},
	{"raw insert", "the same rows, 1000 a transaction in 50-row statements, nothing else", insertRaw},
	{"raw receive and ack", "the embedded queue alone, emptied", receiveRaw},
	{"raw publish", "the embedded queue alone, filled in batches of 1000", publishRaw},
	{naiveStage, "receive one, write one, commit, ack", recordNaively},
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

func perSecond(n int, began time.Time) float64 { return float64(n) / time.Since(began).Seconds() }

// full opens an embedded queue that holds n messages.
func full(ctx context.Context, dir string, n int) (queue.Broker, error) {
	broker, err := jetstream.OpenEmbedded(ctx, filepath.Join(dir, "queue"), jetstream.Options{})
	if err != nil {
		return nil, err
	}
	if err := broker.Setup(ctx); err != nil {
		return nil, err
	}
	_, err = publish(ctx, broker, bodies(n))
	return broker, err
}

func publish(ctx context.Context, broker queue.Broker, messages []queue.Message) (float64, error) {
	publisher, err := broker.Publisher(ctx)
	if err != nil {
		return 0, err
	}
	defer publisher.Close(ctx)
	began := time.Now()
	for rest := messages; len(rest) > 0; {
		n := min(len(rest), 1000)
		if err := publisher.Publish(ctx, rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return perSecond(len(messages), began), nil
}

func publishRaw(ctx context.Context, dir string, n int) (float64, error) {
	broker, err := full(ctx, dir, 0)
	if err != nil {
		return 0, err
	}
	defer broker.Close(ctx)
	return publish(ctx, broker, bodies(n))
}

func receiveRaw(ctx context.Context, dir string, n int) (float64, error) {
	broker, err := full(ctx, dir, n)
	if err != nil {
		return 0, err
	}
	defer broker.Close(ctx)
	began := time.Now()
	source, err := broker.Source(ctx, queue.Want{Messages: 3000, Bytes: 64 << 20})
	if err != nil {
		return 0, err
	}
	defer source.Close(ctx)
	for left := n; left > 0; {
		ds, err := source.Receive(ctx, 1000)
		if err != nil {
			return 0, err
		}
		if err := source.Ack(ctx, ds); err != nil {
			return 0, err
		}
		left -= len(ds)
	}
	return perSecond(n, began), nil
}

func record(ctx context.Context, dir string, n int) (float64, error) {
	return recordInBatches(ctx, dir, n, 0)
}

func recordNaively(ctx context.Context, dir string, n int) (float64, error) {
	return recordInBatches(ctx, dir, n, 1)
}

func recordInBatches(ctx context.Context, dir string, n, batch int) (float64, error) {
	broker, err := full(ctx, dir, n)
	if err != nil {
		return 0, err
	}
	defer broker.Close(ctx)
	database, err := sqlite.Open(ctx, filepath.Join(dir, "recibo.db"), sqlite.Options{})
	if err != nil {
		return 0, err
	}
	defer database.Close()
	return drain(ctx, broker, database, n, batch)
}

// drain records until n are committed and acked, and stops the clock then.
func drain(ctx context.Context, broker queue.Broker, database store.Store, n, batch int) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := recorder.New(broker, database, recorder.Config{ID: "bench", Batch: batch, Queue: "embedded:queue"})
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		_, err := r.Run(ctx)
		done <- err
	}()
	for {
		p := r.Progress()
		if p.Delivered >= int64(n) && p.Held == 0 {
			break
		}
		select {
		case err := <-done:
			return 0, err
		case <-time.After(2 * time.Millisecond):
		}
	}
	rate := perSecond(n, began)
	cancel()
	return rate, <-done
}
