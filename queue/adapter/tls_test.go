package adapter_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue/adapter"
)

// listen answers on loopback as c says; nil: without TLS.
func listen(t *testing.T, c *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			if c != nil {
				raw = tls.Server(raw, c)
			}
			_, _ = raw.Write([]byte("welcome"))
			_ = raw.Close()
		}
	}()
	return l.Addr().String()
}

// TestTLSHints: each way in which TLS fails has its next step, and the right
// files have none to take.
func TestTLSHints(t *testing.T) {
	t.Parallel()
	ours, foreign := testserver.NewAuthority(t), testserver.NewAuthority(t)
	pair, err := tls.LoadX509KeyPair(ours.Server(t, "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(ours.File())
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(text)
	server := listen(t, &tls.Config{Certificates: []tls.Certificate{pair}})
	strict := listen(t, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients})
	cert, key := ours.Client(t, "ana")
	otherCert, otherKey := foreign.Client(t, "eve")
	for _, c := range []struct {
		addr, err, hint string
		t               adapter.TLS
	}{
		{addr: server, t: adapter.TLS{CA: ours.File()}},
		{addr: strict, t: adapter.TLS{CA: ours.File(), Cert: cert, Key: key}},
		{addr: server, t: adapter.TLS{CA: foreign.File()}, err: "unknown authority", hint: "cacertfile=FILE"},
		{addr: server, t: adapter.TLS{CA: ours.File(), Host: "elsewhere"}, err: "elsewhere", hint: "server_name_indication=NAME"},
		{addr: server, t: adapter.TLS{CA: key}, err: "no certificate in PEM", hint: "check cacertfile"},
		{addr: server, t: adapter.TLS{CA: ours.File(), Cert: cert, Key: otherKey}, err: "private key", hint: "check cacertfile"},
		{addr: strict, t: adapter.TLS{CA: ours.File()}, err: "wants a certificate", hint: "certfile=FILE&keyfile=FILE"},
		{addr: strict, t: adapter.TLS{CA: ours.File(), Cert: otherCert, Key: otherKey}, err: "does not accept", hint: "server's authorities have signed"},
		{addr: listen(t, nil), t: adapter.TLS{CA: ours.File()}, err: adapter.ErrNotTLS.Error()},
	} {
		err := talk(c.addr, &c.t)
		if c.err == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.t, err)
			}
			continue
		}
		hint := c.t.Hint(err)
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(hint, c.hint) || (hint == "") != (c.hint == "") {
			t.Errorf("%+v: %v; hint %q, want %q", c.t, err, hint, c.hint)
		}
	}
}

// talk reads a word: with TLS 1.3 that is when a client learns whether it was
// accepted.
func talk(addr string, t *adapter.TLS) error {
	config, err := t.Config("127.0.0.1")
	if err != nil {
		return err
	}
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return t.Judge(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 16)); err != nil {
		return t.Judge(err)
	}
	return nil
}

// TestTLSParameters: servers are always verified, and no file is given in vain.
func TestTLSParameters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t                 adapter.TLS
		name, value, want string
	}{
		{name: "verify", value: "verify_peer"},
		{name: "verify", value: "verify_none", want: "verify is verify_peer"},
		{name: "colour", value: "red", want: "unknown parameter colour"},
		{name: "cacertfile", value: "ca.pem", want: "want amqps://"},
		{name: "cacertfile", value: "ca.pem", t: adapter.TLS{On: true}},
		{name: "certfile", value: "c.pem", t: adapter.TLS{On: true}, want: "go together"},
		{name: "keyfile", value: "k.pem", t: adapter.TLS{On: true, Cert: "c.pem"}},
	} {
		err := c.t.Parameter(c.name, c.value)
		if err == nil {
			err = c.t.Check("amqps://")
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %q", c.name, c.value, err, c.want)
		}
	}
}
