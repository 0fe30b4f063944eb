package sqs_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.uber.org/goleak"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/sqs"
)

// hopeless fails unless err is one that waiting cannot mend, with these words
// and this in its hint, and without a secret.
func hopeless(t *testing.T, err error, words, hint string) {
	t.Helper()
	config, ok := errors.AsType[*queue.ConfigError](err)
	if !ok {
		t.Fatalf("%v, want a *queue.ConfigError", err)
	}
	t.Logf("%v\nhint: %s", config, config.Hint())
	if !strings.Contains(config.Error(), words) || !strings.Contains(config.Hint(), hint) {
		t.Errorf("want %q in the error and %q in the hint", words, hint)
	}
	if n := strings.Count(config.Error(), "queue sqs:"); n != 1 {
		t.Errorf("the error names its target %d times", n)
	}
	secretless(t, config.Error()+config.Hint())
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	for address, words := range map[string]string{
		"sqs://sa-east-1":                                          "1 to 80 letters",
		"sqs:///payments":                                          "no region",
		"http://sa-east-1/payments":                                "scheme is not sqs",
		"sqs://saoPaulo/payments":                                  "is not the name of a region",
		"sqs://sa-east-1:80/payments":                              "is not the name of a region",
		"sqs://sa_east/payments?endpoint=http://x":                 "is not the name of a region",
		"sqs://AKIA:s3cret@sa-east-1/payments":                     "credentials do not belong in the address",
		"sqs://sa-east-1/pay%zz":                                   "not an address",
		"sqs://sa-east-1/pay/ments":                                "1 to 80 letters",
		"sqs://sa-east-1/pay.ments":                                "1 to 80 letters",
		"sqs://sa-east-1/" + strings.Repeat("x", 81):               "1 to 80 letters",
		"sqs://sa-east-1/a?dead_letters=a":                         "the same queue",
		"sqs://sa-east-1/a.fifo?dead_letters=b":                    "dead letters of a FIFO queue",
		"sqs://sa-east-1/a?dead_letters=b.fifo":                    "dead letters of a FIFO queue",
		"sqs://sa-east-1/a?dead_letters=":                          "1 to 80 letters",
		"sqs://sa-east-1/a?account=7":                              "12 digits",
		"sqs://sa-east-1/a?receivers=0":                            "receivers is a number, 1 to 64",
		"sqs://sa-east-1/a?visibility_timeout=1":                   "visibility_timeout is a number, 2 to 43200",
		"sqs://sa-east-1/a?max_receive_count=1001":                 "max_receive_count is a number, 1 to 1000",
		"sqs://sa-east-1/a?endpoint=127.0.0.1:9324":                "endpoint is not like",
		"sqs://sa-east-1/a?endpoint=http://u:s3cret@x":             "nothing more",
		"sqs://sa-east-1/a?endpoint=http://x/000000000000/a":       "nothing more",
		"sqs://sa-east-1/a?receivers=2&receivers=3":                "given twice",
		"sqs://sa-east-1/a?secret_access_key=s3cret":               "unknown parameter secret_access_key",
		"sqs://sa-east-1/a?x=%zz":                                  "percent-encoded",
		"sqs://sa-east-1/a#b":                                      "%23",
		"sqs://sa-east-1/a?endpoint=http://127.0.0.1:1&password=x": "unknown parameter password",
	} {
		_, err := sqs.Dial(t.Context(), address, sqs.Options{})
		config, ok := errors.AsType[*queue.ConfigError](err)
		if !ok || !strings.Contains(config.Error(), words) || config.Hint() == "" {
			t.Errorf("%s: %v, want a ConfigError that says %q", address, err, words)
			continue
		}
		secretless(t, config.Error()+config.Hint())
	}
}

// open does what a recorder does at its start.
func open(ctx context.Context, address string, setUp bool, want queue.Want) error {
	b, err := sqs.Dial(ctx, address, sqs.Options{})
	if err != nil {
		return err
	}
	defer b.Close(context.WithoutCancel(ctx))
	if setUp {
		if err := b.Setup(ctx); err != nil {
			return err
		}
	}
	want.Messages = 10
	s, err := b.Source(ctx, want)
	if err == nil {
		_ = s.Close(ctx)
	}
	return err
}

func TestStartWithMistakes(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	api := plain(t, server)
	name := server.Queue(t)
	make := func(suffix string, attributes map[string]string) string {
		full := name + suffix
		if _, err := api.CreateQueue(t.Context(), &aws.CreateQueueInput{QueueName: &full, Attributes: attributes}); err != nil {
			t.Fatal(err)
		}
		return server.URL(full)
	}
	theirs := make("theirs", nil)
	ready(t, server.URL(name+"counted"))
	other := with(server.URL(name+"counted"), "max_receive_count", "5")
	for _, tt := range []struct {
		name, address string
		setUp         bool
		want          queue.Want
		words, hint   string
	}{
		{"missing queue", server.URL(name + "none"), false, queue.Want{}, "QueueDoesNotExist", "recibo migrate --queue 'sqs://sa-east-1/"},
		{"missing queue of another account", with(server.URL(name+"none"), "account", "123456789012"), true, queue.Want{}, "QueueDoesNotExist", "none in another account"},
		{"named dead letters missing", with(theirs, "dead_letters", "gone"), false, queue.Want{DeadLetters: true}, "queue gone: QueueDoesNotExist", "name another"},
		{"queue of theirs", theirs, true, queue.Want{}, "RedrivePolicy", "--setup=false"},
		{"queue of other attributes", other, true, queue.Want{}, `maxReceiveCount\":1000`, "--setup=false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hopeless(t, open(t.Context(), tt.address, tt.setUp, tt.want), tt.words, tt.hint)
		})
	}
	if err := open(t.Context(), theirs, false, queue.Want{}); err != nil {
		t.Errorf("a queue of theirs, as it is: %v", err)
	}
	if err := open(t.Context(), theirs, false, queue.Want{DeadLetters: true}); !errors.Is(err, queue.ErrNoDeadLetters) {
		t.Errorf("dead letters of a queue without any: %v", err)
	}
	out, err := api.ListQueues(t.Context(), &aws.ListQueuesInput{QueueNamePrefix: &name})
	if err != nil || len(out.QueueUrls) != 3 {
		t.Errorf("queues %v, %v: want theirs and two of ours", out.QueueUrls, err)
	}
}

// TestRefusedByAWS: what AWS says and ElasticMQ does not, as AWS would say it.
func TestRefusedByAWS(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	name := server.Queue(t)
	ready(t, server.URL(name))
	for _, tt := range []struct{ operation, code, hint string }{
		{"GetQueueUrl", "InvalidClientTokenId", "check the credentials"},
		{"GetQueueUrl", "SignatureDoesNotMatch", "clock"},
		{"GetQueueUrl", "AccessDenied", "rights of a recorder, publisher or migrator"},
		{"ReceiveMessage", "AccessDeniedException", "rights of a recorder"},
		{"DeleteMessageBatch", "AccessDenied", "rights of a recorder"},
		{"ChangeMessageVisibilityBatch", "AccessDenied", "recibo migrate --print --queue 'sqs://sa-east-1/"},
		{"SendMessageBatch", "AccessDenied", "rights of a publisher"},
		{"CreateQueue", "AccessDenied", "rights of a migrator"},
		{"CreateQueue", "QueueAlreadyExists", "--setup=false"},
		{"GetQueueUrl", "OptInRequired", "region"},
	} {
		t.Run(tt.operation+" "+tt.code, func(t *testing.T) {
			front := inFront(t, server)
			front.editing(func(operation string, status *int, answer []byte) []byte {
				if operation != tt.operation {
					return answer
				}
				*status = http.StatusForbidden
				return []byte(`{"__type":"com.amazon.coral.service#` + tt.code + `","message":"said AWS"}`)
			})
			address := through(front.addr, server.URL(name))
			if tt.operation == "CreateQueue" {
				address = through(front.addr, server.URL(server.Queue(t)))
			}
			err := open(t.Context(), address, tt.operation == "CreateQueue", queue.Want{})
			if tt.operation == "SendMessageBatch" {
				_, err = dial(t, address).Publisher(t.Context())
			}
			hopeless(t, err, tt.code+": said AWS", tt.hint)
		})
	}
}

// TestWrongServers: what does not speak SQS, or not that way, is a mistake; what
// does not answer may get better.
func TestWrongServers(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	secured := httptest.NewUnstartedServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	t.Cleanup(secured.Close)
	at := func(endpoint string) string { return with("sqs://sa-east-1/payments", "endpoint", endpoint) }
	hopeless(t, open(t.Context(), at(web.URL), false, queue.Want{}), "does not speak SQS", "endpoint")
	hopeless(t, open(t.Context(), at(secured.URL), false, queue.Want{}), "certificate", "AWS_CA_BUNDLE")
	hopeless(t, open(t.Context(), at(strings.Replace(web.URL, "http:", "https:", 1)), false, queue.Want{}), "HTTP response to HTTPS client", "endpoint")

	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	err = open(t.Context(), at("http://"+nobody.Addr().String()), false, queue.Want{})
	if _, config := errors.AsType[*queue.ConfigError](err); err == nil || config || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestNoCredentials: without any, the chain ends at the metadata service of
// EC2; where that does not answer the start fails within seconds, with words.
// This test is alone: it changes the environment.
func TestNoCredentials(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	address := "sqs://sa-east-1/payments?endpoint=http://127.0.0.1:1"
	_, err = sqs.Dial(t.Context(), address, sqs.Options{})
	hopeless(t, err, "no AWS credentials", "AWS_PROFILE")

	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+silent.Addr().String())
	began := time.Now()
	_, err = sqs.Dial(t.Context(), address, sqs.Options{})
	hopeless(t, err, "no AWS credentials", "AWS_PROFILE")
	if took := time.Since(began); took > 9*time.Second {
		t.Errorf("it took %v", took)
	}

	// Where it is known how to get them, and the service is away, that may get better.
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/recorder")
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
	_, err = sqs.Dial(t.Context(), address, sqs.Options{})
	if _, config := errors.AsType[*queue.ConfigError](err); err == nil || config || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("STS is away: %v", err)
	} else {
		secretless(t, err.Error())
	}

	t.Setenv("AWS_PROFILE", "nobody-has-it")
	_, err = sqs.Dial(t.Context(), address, sqs.Options{})
	hopeless(t, err, "nobody-has-it", "AWS_PROFILE")
}

// TestNothingIsLeftRunning after Close, but for a poll that was left behind.
func TestNothingIsLeftRunning(t *testing.T) {
	server := testserver.ElasticMQ(t)
	before := goleak.IgnoreCurrent()
	b := ready(t, server.URL(server.Queue(t)))
	publish(t, b, numbered(0, 100))
	s := source(t, b, 50)
	ack(t, s, collect(t, s, 20, patience))
	closing(t, b)
	goleak.VerifyNone(t, before)
}
