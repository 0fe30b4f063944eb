package rabbitmq_test

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
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

// meter tells rate and CPU a message of both sides.
type meter struct {
	server *testserver.RabbitServer
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
	b.ReportMetric(float64(m.ours.Microseconds())/float64(m.n), "client-µs/msg")
	b.ReportMetric(float64(m.theirs.Microseconds())/float64(m.n), "broker-µs/msg")
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPublish publishes batches of 1000 to a quorum queue, each confirmed.
func BenchmarkPublish(b *testing.B) {
	server := testserver.RabbitMQ(b)
	broker := ready(b, server.URL("admin", server.VirtualHost(b), "payments"))
	p := publisher(b, broker)
	ms := events(benchBatch)
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
}

// BenchmarkReceiveAck drains a backlog of a quorum queue in batches of 1000:
// the raw rate that the recorder is measured against.
func BenchmarkReceiveAck(b *testing.B) {
	server := testserver.RabbitMQ(b)
	const rounds = 50
	for _, held := range []int{1000, 4000, 12000} {
		b.Run(fmt.Sprintf("held=%d", held), func(b *testing.B) {
			broker := ready(b, server.URL("admin", server.VirtualHost(b), "payments"))
			p := publisher(b, broker)
			ms := events(benchBatch)
			m := &meter{server: server}
			for b.Loop() {
				b.StopTimer()
				for range rounds {
					if err := p.Publish(b.Context(), ms); err != nil {
						b.Fatal(err)
					}
				}
				time.Sleep(500 * time.Millisecond)
				b.StartTimer()
				s := source(b, broker, held)
				m.measure(rounds*benchBatch, func() { drain(b, s, rounds*benchBatch) })
				closing(b, s)
			}
			m.report(b)
			closing(b, p)
		})
	}
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
