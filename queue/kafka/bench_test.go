package kafka_test

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
)

const benchBatch = 2000

// events returns messages like the simulator's: 239 bytes.
func events(n int) []queue.Message {
	ms := make([]queue.Message, n)
	for i := range ms {
		key := fmt.Sprintf("E60701190202611231415%011d", i)
		body := append([]byte(`{"transaction_id":"`+key+`","amount":"150.75"`), bytes.Repeat([]byte(" "), 168)...)
		ms[i] = queue.Message{ID: fmt.Sprintf("1:%d", i), Key: key, Body: append(body, '}')}
	}
	return ms
}

// meter tells rate and CPU a message of both sides.
type meter struct {
	server *testserver.KafkaServer
	ours   time.Duration
	theirs time.Duration
	took   time.Duration
	n      int
}

func (m *meter) measure(n int, do func()) {
	began, ours, theirs := time.Now(), cpu(), m.server.CPU()
	do()
	m.took += time.Since(began)
	m.ours += cpu() - ours
	m.theirs += m.server.CPU() - theirs
	m.n += n
}

func (m *meter) report(b *testing.B) {
	b.ReportMetric(float64(m.n)/m.took.Seconds(), "msg/s")
	b.ReportMetric(float64(m.ours.Nanoseconds())/float64(m.n), "client-ns/msg")
	b.ReportMetric(float64(m.theirs.Nanoseconds())/float64(m.n), "broker-ns/msg")
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPublish publishes batches, each accepted before the next.
func BenchmarkPublish(b *testing.B) {
	server := testserver.Kafka(b)
	for _, size := range []int{1, 1000, 10000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := publisher(b, ready(b, fresh(b, server)))
			ms := events(size)
			m := &meter{server: server}
			for b.Loop() {
				m.measure(10*len(ms), func() {
					for range 10 {
						if err := p.Publish(b.Context(), ms); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			m.report(b)
			closing(b, p)
		})
	}
}

// BenchmarkReceiveAck drains a backlog, in batches: the raw rate that the
// recorder is measured against.
func BenchmarkReceiveAck(b *testing.B) {
	server := testserver.Kafka(b)
	const rounds = 50
	broker := ready(b, fresh(b, server))
	p := publisher(b, broker)
	ms := events(10_000)
	m := &meter{server: server}
	for b.Loop() {
		b.StopTimer()
		for range rounds {
			if err := p.Publish(b.Context(), ms); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		s := source(b, broker, 12_000)
		ack(b, s, collect(b, s, 1, patience))
		m.measure(rounds*len(ms)-1, func() { drain(b, s, rounds*len(ms)-1) })
		closing(b, s)
	}
	m.report(b)
	closing(b, p)
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
