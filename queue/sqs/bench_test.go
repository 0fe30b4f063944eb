package sqs_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	transport "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

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
	server *testserver.ElasticMQServer
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

// BenchmarkPublish publishes batches of 1000 to a standard queue.
func BenchmarkPublish(b *testing.B) {
	server := testserver.ElasticMQ(b)
	p := publisher(b, ready(b, server.URL(server.Queue(b))))
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

// BenchmarkReceiveAck drains a backlog of a standard queue in batches of up to
// 1000: the raw rate that the recorder is measured against.
func BenchmarkReceiveAck(b *testing.B) {
	server := testserver.ElasticMQ(b)
	const rounds = 40
	for _, receivers := range []int{1, 16, 32} {
		b.Run(fmt.Sprintf("receivers=%d", receivers), func(b *testing.B) {
			broker := ready(b, with(server.URL(server.Queue(b)), "receivers", fmt.Sprint(receivers)))
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
				b.StartTimer()
				s := source(b, broker, 12000)
				m.measure(rounds*benchBatch, func() { drain(b, s, rounds*benchBatch) })
				closing(b, s)
			}
			m.report(b)
			closing(b, p)
		})
	}
}

// BenchmarkRaw does the same with the SDK alone, as fast as it goes: 16 loops
// that receive ten, delete ten, and do nothing else.
func BenchmarkRaw(b *testing.B) {
	server := testserver.ElasticMQ(b)
	name := server.Queue(b)
	p := publisher(b, ready(b, server.URL(name)))
	api := plain(b, server, func(o *aws.Options) { // the SDK alone keeps 10 connections
		o.HTTPClient = transport.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })
	})
	url := queueURL(b, api, name)
	const rounds = 40
	ms := events(benchBatch)
	m := &meter{server: server}
	for b.Loop() {
		b.StopTimer()
		for range rounds {
			if err := p.Publish(b.Context(), ms); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		m.measure(rounds*benchBatch, func() {
			var left atomic.Int64
			left.Store(rounds * benchBatch)
			var wait sync.WaitGroup
			for range 16 {
				wait.Go(func() { receiveRaw(b, api, url, &left) })
			}
			wait.Wait()
		})
	}
	m.report(b)
	closing(b, p)
}

func receiveRaw(b *testing.B, api *aws.Client, url *string, left *atomic.Int64) {
	for left.Load() > 0 {
		out, err := api.ReceiveMessage(b.Context(), &aws.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 30, WaitTimeSeconds: 1,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"}})
		if err != nil || len(out.Messages) == 0 {
			if err != nil {
				b.Error(err)
			}
			continue
		}
		entries := make([]types.DeleteMessageBatchRequestEntry, len(out.Messages))
		for i, m := range out.Messages {
			id := strconv.Itoa(i)
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: &id, ReceiptHandle: m.ReceiptHandle}
		}
		if _, err := api.DeleteMessageBatch(b.Context(), &aws.DeleteMessageBatchInput{QueueUrl: url, Entries: entries}); err != nil {
			b.Error(err)
		}
		left.Add(-int64(len(entries)))
	}
}

// drain acks in the background, as the recorder does.
func drain(b *testing.B, s queue.Source, n int) {
	acks := make(chan []queue.Delivery, 4)
	done := make(chan error, 1)
	go func() {
		var first error
		for ds := range acks {
			if err := s.Ack(b.Context(), ds); err != nil && first == nil {
				first = err
			}
		}
		done <- first
	}()
	for n > 0 {
		ds, err := s.Receive(b.Context(), benchBatch)
		if err != nil {
			b.Fatal(err)
		}
		n -= len(ds)
		acks <- ds
	}
	close(acks)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
