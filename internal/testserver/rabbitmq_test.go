package testserver_test

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// queue makes a virtual host that has a durable queue with one persistent message.
func queue(t testing.TB, s *testserver.RabbitServer) string {
	t.Helper()
	v := s.VirtualHost(t)
	s.API(t, "PUT", "/api/queues/"+v+"/q", map[string]any{
		"durable": true, "arguments": map[string]any{"x-queue-type": "quorum"},
	}, nil)
	var routed struct{ Routed bool }
	s.API(t, "POST", "/api/exchanges/"+v+"/amq.default/publish", map[string]any{
		"routing_key": "q", "payload": "hello", "payload_encoding": "string",
		"properties": map[string]any{"delivery_mode": 2},
	}, &routed)
	if !routed.Routed {
		t.Fatal("the message went nowhere")
	}
	return v
}

func expectMessage(t testing.TB, s *testserver.RabbitServer, vhost string) {
	t.Helper()
	var got []struct{ Payload string }
	s.API(t, "POST", "/api/queues/"+vhost+"/q/get", map[string]any{
		"count": 2, "ackmode": "ack_requeue_true", "encoding": "auto",
	}, &got)
	if len(got) != 1 || got[0].Payload != "hello" {
		t.Errorf("the queue has %v", got)
	}
}

// settle is how old a quorum queue must be for RabbitMQ 3.10 to know it after
// SIGKILL; see RabbitServer.
const settle = 2 * time.Second

func TestRabbitMQHurt(t *testing.T) {
	t.Parallel()
	a := testserver.NewAuthority(t)
	s := testserver.NewRabbitMQ(t, testserver.TLS(a))
	v, addr := queue(t, s), s.Addr()
	t.Run("tls", func(t *testing.T) { rabbitTLS(t, s, a) })

	s.Freeze(t)
	if err := s.Answers(300 * time.Millisecond); err == nil {
		t.Error("it answers while frozen")
	}
	s.Thaw(t)
	if err := s.Answers(10 * time.Second); err != nil {
		t.Error(err)
	}
	before := s.CPU()
	time.Sleep(settle)
	s.Kill(t)
	if err := s.Answers(time.Second); err == nil {
		t.Error("it answers after kill -9")
	}
	s.Start(t)
	if s.Addr() != addr {
		t.Errorf("address %s became %s", addr, s.Addr())
	}
	expectMessage(t, s, v)
	if now := s.CPU(); now <= before || before == 0 || s.Resident() < 1<<20 {
		t.Errorf("CPU %v after %v, resident %d", now, before, s.Resident())
	}
	s.Stop(t)
	if err := s.Answers(time.Second); err == nil {
		t.Error("it answers after Stop")
	}
}

func rabbitTLS(t *testing.T, s *testserver.RabbitServer, a *testserver.Authority) {
	c, err := tls.Dial("tcp", s.TLSAddr(), clientTLS(t, a, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, "AMQP\x00\x00\x09\x01")
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	head := make([]byte, 7)
	if _, err := io.ReadFull(c, head); err != nil {
		t.Fatal(err)
	}
	start := make([]byte, int(head[5])<<8|int(head[6]))
	if _, err := io.ReadFull(c, start); err != nil || !strings.Contains(string(start), "EXTERNAL") {
		t.Errorf("got %q, %v: want it to offer EXTERNAL", start, err)
	}
	if _, err := tls.Dial("tcp", s.TLSAddr(), clientTLS(t, testserver.NewAuthority(t), "alice")); err == nil {
		t.Error("it has a certificate of another authority")
	}
}

func TestRabbitMQShared(t *testing.T) {
	t.Parallel()
	s := testserver.RabbitMQ(t)
	if s != testserver.RabbitMQ(t) {
		t.Error("two servers")
	}
	a, b := queue(t, s), s.VirtualHost(t)
	expectMessage(t, s, a)
	var queues []struct{ Name string }
	s.API(t, "GET", "/api/queues/"+b, nil, &queues)
	if len(queues) != 0 {
		t.Errorf("the second virtual host has %v", queues)
	}
	if got := s.Control(t, "list_queues", "-p", a, "name"); !strings.Contains(got, "q") {
		t.Errorf("rabbitmqctl says %q", got)
	}
	if s.CPU() <= 0 || s.Resident() < 1<<20 {
		t.Errorf("CPU %v, resident %d", s.CPU(), s.Resident())
	}
	if got, want := s.URL("admin", "/", "pagamentos"), "@"+s.Addr()+"/%2F?queue=pagamentos"; !strings.HasSuffix(got, want) {
		t.Errorf("URL %s, want …%s", got, want)
	}
}

func TestRabbitMQCleansUp(t *testing.T) {
	t.Parallel()
	s := testserver.RabbitMQ(t)
	var vhost, user string
	err := testserver.Outside("inner", func(t testing.TB) {
		vhost = queue(t, s)
		user = s.User(t, "recorder", vhost, "", "", "q")
		var got []struct{ User, Configure, Read string }
		s.API(t, "GET", "/api/vhosts/"+vhost+"/permissions", nil, &got)
		found := false
		for _, p := range got {
			found = found || p.User == user && p.Configure == "" && p.Read == "q"
		}
		if !found {
			t.Errorf("permissions are %v", got)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/vhosts/" + vhost, "/api/users/" + user} {
		err := testserver.Outside("inner", func(t testing.TB) { s.API(t, "GET", path, nil, nil) })
		if err == nil || !strings.Contains(err.Error(), "404") {
			t.Errorf("%s: %v, want not found", path, err)
		}
	}
}
