package kafka_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/kafka"
)

// TestTLS is against a server that demands a certificate of the client on its
// TLS port, and a login on another.
func TestTLS(t *testing.T) {
	t.Parallel()
	ca, other := testserver.NewAuthority(t), testserver.NewAuthority(t)
	server := testserver.NewKafka(t, testserver.TLS(ca), testserver.Setting("listener.name.tls.ssl.client.auth", "required"))
	cert, key := ca.Client(t, "app")
	strange, strangeKey := other.Client(t, "app")
	user := server.User(t, "app")
	bare := server.URL("", "payments", "recibo")
	byCert := with(at(server.TLSAddr(), bare), "tls", "true", "cacertfile", ca.File(), "certfile", cert, "keyfile", key)
	byLogin := with(at(server.SASLTLSAddr(), server.URL(user, "payments", "recibo")), "tls", "true", "cacertfile", ca.File())
	for name, address := range map[string]string{
		"certificate":               byCert,
		"by name":                   at(strings.Replace(server.TLSAddr(), "127.0.0.1", "localhost", 1), byCert),
		"other name, sent along":    with(byCert, "server_name_indication", "localhost"),
		"SCRAM-SHA-256 and TLS":     byLogin,
		"SCRAM-SHA-512 and TLS":     with(byLogin, "sasl", "SCRAM-SHA-512"),
		"PLAIN and TLS":             with(at(server.SASLTLSAddr(), server.URL("admin", "payments", "recibo")), "tls", "true", "cacertfile", ca.File()),
		"SCRAM-SHA-512 without TLS": with(server.URL(user, "payments", "recibo"), "sasl", "scram-sha-512"),
	} {
		t.Run(name, func(t *testing.T) {
			b := ready(t, address)
			publish(t, b, numbered(0, 10))
			s := source(t, b, 10)
			ack(t, s, collect(t, s, 10, patience))
			closing(t, s)
		})
	}
	for _, tt := range []struct{ name, address, words, hint string }{
		{"unknown authority", with(byCert, "cacertfile", other.File()), "signed by unknown authority", "cacertfile"},
		{"wrong host", with(byCert, "server_name_indication", "bank.example"), "not bank.example", "server_name_indication"},
		{"no certificate of the client", with(at(server.TLSAddr(), bare), "tls", "true", "cacertfile", ca.File()), "wants a certificate", "certfile=FILE"},
		{"certificate of a stranger", with(byCert, "certfile", strange, "keyfile", strangeKey), "does not accept", "certfile=FILE"},
		{"no such file", with(byCert, "cacertfile", "/none/ca.pem"), "no such file", "cacertfile"},
		{"no certificate in the file", with(byCert, "cacertfile", key), "no certificate", "cacertfile"},
		{"TLS to the plain port", at(server.Addr(), byCert), "does not speak TLS", "leave tls=true out"},
		{"plain to the TLS port", at(server.TLSAddr(), bare), "speaks TLS", "add tls=true"},
		{"wrong password", strings.Replace(byLogin, testserver.Password, "wr0ng", 1), "SASL_AUTHENTICATION_FAILED", "--queue-password-file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := kafka.Dial(t.Context(), tt.address, kafka.Options{})
			hopeless(t, err, tt.words, tt.hint)
		})
	}
}

// shared is a log that several goroutines write to.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *shared) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *shared) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func debugLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// TestSecretsAreInNoLog, at the level that says most, whether the login works
// or not.
func TestSecretsAreInNoLog(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	var log shared
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		user := "admin"
		if mechanism != "plain" {
			user = server.User(t, "app")
		}
		topic := server.Topic(t)
		address := with(server.URL(user, topic, topic), "sasl", mechanism)
		b := dialWith(t, address, kafka.Options{Log: debugLog(&log)})
		if err := b.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
		publish(t, b, numbered(0, 10))
		if n := len(leftIn(t, b)); n != 10 {
			t.Errorf("%s: %d messages came, want 10", mechanism, n)
		}
		_, err := kafka.Dial(t.Context(), strings.Replace(address, testserver.Password, "wr0ng", 1), kafka.Options{Log: debugLog(&log)})
		if _, ok := errors.AsType[*queue.ConfigError](err); !ok {
			t.Errorf("%s with a wrong password: %v", mechanism, err)
		}
	}
	if !strings.Contains(log.String(), "said_as=INFO") || !strings.Contains(log.String(), "partitions came") {
		t.Errorf("the log lacks what the library or we say:\n%.2000s", log.String())
	}
	secretless(t, log.String())
}
