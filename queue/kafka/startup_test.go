package kafka_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/kafka"
)

// hopeless fails unless err is one that waiting cannot mend, with these words
// and this in its hint, and without a password.
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
	if n := strings.Count(config.Error(), "queue kafka"); n != 1 {
		t.Errorf("the error names its target %d times", n)
	}
	secretless(t, config.Error()+config.Hint())
}

func secretless(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testserver.Password, "wr0ng"} {
		if strings.Contains(text, secret) {
			t.Errorf("the password is in %q", text)
		}
	}
}

// open does what a recorder does at its start.
func open(ctx context.Context, address string, setUp bool) error {
	b, err := kafka.Dial(ctx, address, kafka.Options{})
	if err != nil {
		return err
	}
	defer b.Close(context.WithoutCancel(ctx))
	if setUp {
		if err := b.Setup(ctx); err != nil {
			return err
		}
	}
	_, err = b.Source(ctx, queue.Want{Messages: 10})
	return err
}

func TestStartWithMistakes(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	topic := server.Topic(t)
	user := server.User(t, "app")
	wrong := func(address string) string { return strings.Replace(address, testserver.Password, "wr0ng", 1) }
	bare := server.URL("", topic, "recibo")
	for _, tt := range []struct {
		name, address string
		setUp         bool
		words, hint   string
	}{
		{"wrong password by PLAIN", wrong(server.URL("admin", topic, "recibo")), true, "SASL_AUTHENTICATION_FAILED", "--queue-password-file"},
		{"wrong password by SCRAM", wrong(server.URL(user, topic, "recibo")), true, "SASL_AUTHENTICATION_FAILED", "--queue-password-file"},
		{"unknown user", server.URL("nobody", topic, "recibo"), true, "SASL_AUTHENTICATION_FAILED", "check user and password"},
		{"no login where one is wanted", at(server.SASLAddr(), bare), true, "wants TLS or a login", "sasl=scram-sha-512"},
		{"a login where none is wanted", at(server.Addr(), server.URL(user, topic, "recibo")), true, "ILLEGAL_SASL_STATE", "leave sasl out"},
		{"missing topic", bare, false, "UNKNOWN_TOPIC_OR_PARTITION", "recibo migrate --queue 'kafka://127.0.0.1:"},
		{"too many replicas", with(bare, "replication", "3"), true, "INVALID_REPLICATION_FACTOR", "replication=N"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hopeless(t, open(t.Context(), tt.address, tt.setUp), tt.words, tt.hint)
		})
	}
	t.Run("nowhere to publish", func(t *testing.T) {
		_, err := dial(t, bare).Publisher(t.Context())
		hopeless(t, err, "UNKNOWN_TOPIC_OR_PARTITION", "recibo migrate")
	})
	t.Run("no depth", func(t *testing.T) {
		_, err := dial(t, bare).Depth(t.Context())
		hopeless(t, err, "UNKNOWN_TOPIC_OR_PARTITION", "recibo migrate")
	})
}

// TestSetupLeavesWhatIsThere: a topic of the user's keeps its partitions.
func TestSetupLeavesWhatIsThere(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	address := fresh(t, server, "partitions", "2")
	for _, n := range []string{"2", "5", "1"} {
		ready(t, with(address, "partitions", n))
	}
	if got := describe(t, address); len(got.partitions) != 2 || got.cleanup != "delete" {
		t.Errorf("%+v, want the 2 partitions of the first setup and cleanup.policy=delete", got)
	}
}

// TestSetupTwiceAtOnce: whoever comes second finds it made.
func TestSetupTwiceAtOnce(t *testing.T) {
	t.Parallel()
	address := fresh(t, testserver.Kafka(t))
	errs := make(chan error, 4)
	for range cap(errs) {
		b := dial(t, address)
		go func() { errs <- b.Setup(context.Background()) }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := describe(t, address); len(got.partitions) != 6 {
		t.Errorf("%d partitions, want 6", len(got.partitions))
	}
}

// TestMayGetBetter: errors that time may mend are no mistakes.
func TestMayGetBetter(t *testing.T) {
	t.Parallel()
	silent := listener(t, func(net.Conn) {})
	for name, address := range map[string]string{
		"nobody there": "kafka://app:" + testserver.Password + "@127.0.0.1:1/x?sasl=plain",
		"no answer":    "kafka://app:" + testserver.Password + "@" + silent + "/x?sasl=plain&connection_timeout=100",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kafka.Dial(t.Context(), address, kafka.Options{})
			if _, config := errors.AsType[*queue.ConfigError](err); err == nil || config {
				t.Fatalf("%v, want an error that is no ConfigError", err)
			}
			t.Log(err)
			secretless(t, err.Error())
		})
	}
}

// TestOneOfSeveralHosts is enough.
func TestOneOfSeveralHosts(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	address := fresh(t, server)
	b := ready(t, strings.Replace(address, server.Addr(), "127.0.0.1:1,"+server.Addr(), 1))
	publish(t, b, numbered(0, 5))
	if n := len(leftIn(t, b)); n != 5 {
		t.Errorf("%d messages came, want 5", n)
	}
}

// listener takes connections and does this with them.
func listener(t *testing.T, with func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			with(c)
		}
	}()
	return l.Addr().String()
}

func TestBadAddresses(t *testing.T) {
	for address, words := range map[string]string{
		"payments":                                   "not an address",
		"kafka://app:s3cret@host/%zz":                "not an address",
		"http://app:s3cret@host/":                    "scheme is not kafka",
		"kafka://app:s3cret@/x?sasl=plain":           "a host is missing",
		"kafka://app:s3cret@a,,b/x?sasl=plain":       "a host is missing",
		"kafka://app:1/s3cret@host/x?sasl=plain":     "not an address",
		"kafka://app:1?s3cret@host/x?sasl=plain":     "not an address",
		"kafka://app:s3cret/x":                       "a port is no number",
		"kafka://host/a/b":                           "names of topics",
		"kafka://host/..":                            "names of topics",
		"kafka://host/pagamentos%20":                 "names of topics",
		"kafka://host/x?group=":                      "group is empty",
		"kafka://host/x?group=a&group=b":             "group is given twice",
		"kafka://app:s3cret@host/x?password=s3cret":  "unknown parameter password",
		"kafka://host/x?partitions=0":                "partitions is a number from 1 to 10000",
		"kafka://host/x?replication=many":            "replication is a number",
		"kafka://host/x?session_timeout=10s":         "session_timeout is a number from 1000",
		"kafka://host/x?connection_timeout=fast":     "connection_timeout is a number",
		"kafka://host/x?max_message_bytes=1":         "max_message_bytes is a number",
		"kafka://app:s3cret@host/x":                  "a password wants sasl",
		"kafka://host/x?sasl=plain":                  "sasl wants a user",
		"kafka://app:s3cret@host/x?sasl=gssapi":      "sasl is plain, scram-sha-256 or scram-sha-512",
		"kafka://host/x?tls=yes":                     "tls is true or false",
		"kafka://host/x?cacertfile=ca.pem":           "want tls=true",
		"kafka://host/x?tls=true&certfile=c.pem":     "certfile and keyfile go together",
		"kafka://host/x?tls=true&verify=verify_none": "verify is verify_peer",
	} {
		_, err := kafka.Dial(t.Context(), address, kafka.Options{})
		config, ok := errors.AsType[*queue.ConfigError](err)
		if !ok || !strings.Contains(config.Error(), words) || config.Hint() == "" {
			t.Errorf("%s: %v, want a ConfigError that says %q", address, err, words)
		} else if strings.Contains(config.Error()+config.Hint(), "s3cret") {
			t.Errorf("the password is in %q", config.Error())
		}
	}
}
