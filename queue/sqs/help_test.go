package sqs_test

import (
	"context"
	"flag"
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
	"recibo/queue/queuetest"
	"recibo/queue/sqs"
)

// What the tests of all adapters do.
var (
	closing   = queuetest.Close
	numbered  = queuetest.Numbered
	publisher = queuetest.Publisher
	publish   = queuetest.Publish
	source    = queuetest.Source
	collect   = queuetest.Collect
	ack       = queuetest.Ack
	leftIn    = queuetest.LeftIn
)

// patience bounds what must happen.
const patience = 20 * time.Second

// TestMain gives the process the credentials that the AWS chain finds.
func TestMain(m *testing.M) {
	for _, pair := range (&testserver.ElasticMQServer{Server: &testserver.Server{}}).Env() {
		name, value, _ := strings.Cut(pair, "=")
		_ = os.Setenv(name, value)
	}
	queuetest.RunChild(func(ctx context.Context, role, address string) error {
		b, err := sqs.Dial(ctx, address, sqs.Options{})
		if err != nil {
			return err
		}
		return queuetest.Play(ctx, b, role)
	})
	_ = flag.Set("test.parallel", "8") // they wait more than they work
	os.Exit(testserver.Main(m))
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
