package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/queue/queuetest"
)

const password = "s3cret"

// userServer is a server of the user's, with a user "app", and one "guest" who
// may not touch JetStream's API.
type userServer struct {
	*server.Server
	dir  string
	port int
}

func startUserServer(t testing.TB, dir string, port int) *userServer {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true,
		Users: []*server.User{
			{Username: "app", Password: password},
			{Username: "guest", Password: password, Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"$JS.API.>"}}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server did not start")
	}
	u := &userServer{Server: s, dir: dir, port: s.Addr().(*net.TCPAddr).Port}
	t.Cleanup(u.stop)
	return u
}

func newUserServer(t testing.TB) *userServer {
	return startUserServer(t, t.TempDir(), server.RANDOM_PORT)
}

func (u *userServer) stop() {
	u.Shutdown()
	u.WaitForShutdown()
}

func (u *userServer) address(stream string) string {
	return fmt.Sprintf("nats://app:%s@127.0.0.1:%d/%s", password, u.port, stream)
}

func (u *userServer) dial(t testing.TB, stream string) *jetstream.Broker {
	t.Helper()
	b, err := jetstream.Dial(t.Context(), u.address(stream), jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, b) })
	return b
}

// admin is what the user does with the tools of NATS.
func (u *userServer) admin(t testing.TB) natsjs.JetStream {
	t.Helper()
	nc, err := nats.Connect(u.ClientURL(), nats.UserInfo("app", password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestUserServerConforms(t *testing.T) {
	u := newUserServer(t)
	streams := map[queue.Broker]string{}
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			name := fmt.Sprintf("stream%d", len(streams))
			b := u.dial(t, name)
			streams[b] = name
			return b
		},
		Reopen: func(t testing.TB, b queue.Broker) queue.Broker { return u.dial(t, streams[b]) },
		Traits: queuetest.Traits{MaxBodyBytes: 1 << 20},
	})
}

// TestForeignStreamConforms: a stream that somebody else made, without atomic
// batches and with other subjects, is used as it is and not changed.
func TestForeignStreamConforms(t *testing.T) {
	u := newUserServer(t)
	js := u.admin(t)
	made := 0
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			made++
			name := fmt.Sprintf("foreign%d", made)
			config := natsjs.StreamConfig{Name: name, Subjects: []string{name + ".>", "pay." + name}, MaxMsgSize: 300 << 10}
			if _, err := js.CreateStream(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { unchanged(t, js, config) })
			return u.dial(t, name)
		},
		Traits: queuetest.Traits{MaxBodyBytes: 300 << 10},
	})
}

func unchanged(t testing.TB, js natsjs.JetStream, want natsjs.StreamConfig) {
	s, err := js.Stream(context.Background(), want.Name)
	if err != nil {
		t.Error(err)
		return
	}
	got := s.CachedInfo().Config
	if got.AllowAtomicPublish || got.MaxMsgSize != want.MaxMsgSize || len(got.Subjects) != 2 || got.Metadata["recibo"] != "" {
		t.Errorf("foreign stream was changed to %+v", got)
	}
}

func TestWhatWaitingCannotMend(t *testing.T) {
	u := newUserServer(t)
	at := fmt.Sprintf("@127.0.0.1:%d/payments", u.port)
	dialed := func(address string) error {
		b, err := jetstream.Dial(t.Context(), address, jetstream.Options{})
		if err == nil {
			closing(t, b)
		}
		return err
	}
	opened := func(address string) error {
		b, err := jetstream.Dial(t.Context(), address, jetstream.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer closing(t, b)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err = b.Source(ctx, queue.Want{Messages: 1})
		return err
	}
	tests := []struct {
		name, hint string
		err        error
	}{
		{"wrong password", "check user and password", dialed("nats://app:wr0ng" + at)},
		{"no user", "check user and password", dialed("nats://127.0.0.1:" + strings.Split(at, ":")[1])},
		{"bad scheme", "write nats://", dialed("natz://app:" + password + at)},
		{"no host", "write nats://", dialed("nats:///payments")},
		{"bad stream", "write nats://", dialed(u.address("a.b"))},
		{"not an address", "write nats://", dialed("nats://app:s3cret@[::1/x")},
		{"no stream", "recibo migrate", opened(u.address("absent"))},
		{"no rights", "allow the user", opened("nats://guest:" + password + at)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var config *queue.ConfigError
			if !errors.As(tt.err, &config) {
				t.Fatalf("%v, want a *queue.ConfigError", tt.err)
			}
			if !strings.Contains(config.Hint(), tt.hint) {
				t.Errorf("hint %q, want %q in it", config.Hint(), tt.hint)
			}
			for _, text := range []string{config.Error(), config.Hint()} {
				if strings.Contains(text, password) || strings.Contains(text, "wr0ng") {
					t.Errorf("the password is in %q", text)
				}
			}
		})
	}
}

func TestWrongConsumerIsAConfigError(t *testing.T) {
	u := newUserServer(t)
	js := u.admin(t)
	if _, err := js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "other"}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(t.Context(), "other", natsjs.ConsumerConfig{Durable: "recibo", AckPolicy: natsjs.AckAllPolicy}); err != nil {
		t.Fatal(err)
	}
	var config *queue.ConfigError
	if err := u.dial(t, "other").Setup(t.Context()); !errors.As(err, &config) {
		t.Fatalf("%v, want a *queue.ConfigError", err)
	}
}

func TestHostThatDoesNotAnswerMayGetBetter(t *testing.T) {
	_, err := jetstream.Dial(t.Context(), "nats://app:"+password+"@127.0.0.1:1/payments", jetstream.Options{})
	var config *queue.ConfigError
	if err == nil || errors.As(err, &config) || strings.Contains(err.Error(), password) {
		t.Fatalf("%v, want an error that is no ConfigError and has no password", err)
	}
}

func TestPasswordOption(t *testing.T) {
	u := newUserServer(t)
	b, err := jetstream.Dial(t.Context(), fmt.Sprintf("nats://app@127.0.0.1:%d/x", u.port), jetstream.Options{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, b)
}
