package jetstream_test

import (
	"bytes"
	"fmt"
	"testing"

	"recibo/queue"
)

const benchBatch = 1000

// events returns messages like the simulator's: 239 bytes.
func events(n int) []queue.Message {
	body := append([]byte(`{"transaction_id":"E6070119020261123141503aB9xQ2Lk7","amount":"150.75"`), bytes.Repeat([]byte(" "), 168)...)
	ms := make([]queue.Message, n)
	for i := range ms {
		ms[i] = queue.Message{ID: fmt.Sprintf("1:%d", i), Key: fmt.Sprintf("E60701190202611231415%011d", i), Body: append(body, '}')}
	}
	return ms
}

// BenchmarkPublish publishes batches of 1000, each synced to disk.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{benchBatch, 4 * benchBatch} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			p, err := embedded(b, b.TempDir()).Publisher(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			ms := events(size)
			for b.Loop() {
				if err := p.Publish(b.Context(), ms); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "msg/s")
			closing(b, p)
		})
	}
}

// BenchmarkReceiveAck drains a backlog in batches of 1000: the raw rate that
// the recorder is measured against.
func BenchmarkReceiveAck(b *testing.B) {
	queued := embedded(b, b.TempDir())
	p, err := queued.Publisher(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ms := events(benchBatch)
	s := source(b, queued, 8*benchBatch)
	defer closing(b, s)
	const rounds = 100
	for b.Loop() {
		b.StopTimer()
		for range rounds {
			if err := p.Publish(b.Context(), ms); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		drain(b, s, rounds*benchBatch)
	}
	b.ReportMetric(float64(b.N*rounds*benchBatch)/b.Elapsed().Seconds(), "msg/s")
}

func drain(b *testing.B, s queue.Source, n int) {
	for n > 0 {
		ds, err := s.Receive(b.Context(), benchBatch)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Ack(b.Context(), ds); err != nil {
			b.Fatal(err)
		}
		n -= len(ds)
	}
}
