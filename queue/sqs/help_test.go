package sqs_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	core "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/sqs"
)

// patience bounds what must happen.
const patience = 20 * time.Second

// TestMain gives the process the credentials that the AWS chain finds.
func TestMain(m *testing.M) {
	for _, pair := range (&testserver.ElasticMQServer{Server: &testserver.Server{}}).Env() {
		name, value, _ := strings.Cut(pair, "=")
		_ = os.Setenv(name, value)
	}
	if role := os.Getenv(roleVariable); role != "" {
		if err := runChild(role, os.Getenv(addressVariable)); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	_ = flag.Set("test.parallel", "8") // they wait more than they work
	os.Exit(testserver.Main(m))
}

// closing closes with a bound of its own: the context of the test is over in
// its cleanup.
func closing(t testing.TB, c interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func dial(t testing.TB, address string) *sqs.Broker {
	t.Helper()
	b, err := sqs.Dial(t.Context(), address, sqs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, b) })
	return b
}

// ready dials and sets up.
func ready(t testing.TB, address string) *sqs.Broker {
	t.Helper()
	b := dial(t, address)
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// through is the address by way of something that listens elsewhere.
func through(addr, address string) string {
	return with(address, "endpoint", "http://"+addr)
}

// with is the address with a parameter more.
func with(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// plain is a client that knows nothing of us.
func plain(t testing.TB, server *testserver.ElasticMQServer, how ...func(*aws.Options)) *aws.Client {
	t.Helper()
	return aws.New(aws.Options{
		Region: "sa-east-1", BaseEndpoint: core.String("http://" + server.Addr()),
		Credentials: credentials.NewStaticCredentialsProvider("PLAIN", testserver.Password, ""),
	}, how...)
}

// queueURL is that of a queue that is there.
func queueURL(t testing.TB, c *aws.Client, name string) *string {
	t.Helper()
	out, err := c.GetQueueUrl(t.Context(), &aws.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func attributesOf(t testing.TB, c *aws.Client, name string) map[string]string {
	t.Helper()
	out, err := c.GetQueueAttributes(t.Context(), &aws.GetQueueAttributesInput{QueueUrl: queueURL(t, c, name),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes
}

func textLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func numbered(from, to int) []queue.Message {
	var ms []queue.Message
	for i := from; i < to; i++ {
		ms = append(ms, queue.Message{ID: fmt.Sprintf("m%d", i), Key: fmt.Sprintf("k%d", i), Body: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return ms
}

func publisher(t testing.TB, b queue.Broker) queue.Publisher {
	t.Helper()
	p, err := b.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func publish(t testing.TB, b queue.Broker, ms []queue.Message) {
	t.Helper()
	p := publisher(t, b)
	defer closing(t, p)
	if err := p.Publish(t.Context(), ms); err != nil {
		t.Fatal(err)
	}
}

func source(t testing.TB, b queue.Broker, messages int) queue.Source {
	t.Helper()
	s, err := b.Source(t.Context(), queue.Want{Messages: messages, Bytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// collect receives until it has n deliveries, within the time. Outages are
// waited out.
func collect(t testing.TB, s queue.Source, n int, within time.Duration) []queue.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var got []queue.Delivery
	for len(got) < n {
		ds, err := s.Receive(ctx, n-len(got))
		if ctx.Err() != nil {
			t.Fatalf("received %d of %d messages within %v: %v", len(got), n, within, err)
		}
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		got = append(got, ds...)
	}
	return got
}

func ack(t testing.TB, s queue.Source, ds []queue.Delivery) {
	t.Helper()
	if err := s.Ack(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// leftIn takes everything out of the queue that comes until nothing has for a
// while.
func leftIn(t testing.TB, b queue.Broker) []queue.Delivery {
	t.Helper()
	s := source(t, b, 1000)
	defer closing(t, s)
	var all []queue.Delivery
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		ds, err := s.Receive(ctx, 1000)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		ack(t, s, ds)
		all = append(all, ds...)
	}
}
