package testserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"recibo/internal/testserver"
)

// clientTLS trusts the authority, and shows a certificate of it.
func clientTLS(t testing.TB, a *testserver.Authority, name string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(a.File())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the authority's file")
	}
	cert, err := tls.LoadX509KeyPair(a.Client(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}, ServerName: "127.0.0.1"}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	a, b := testserver.NewAuthority(t), testserver.NewAuthority(t)
	for name, c := range map[string]struct {
		server, client *testserver.Authority
		host           string
		complaint      string
	}{
		"one authority":     {a, a, "127.0.0.1", ""},
		"another authority": {a, b, "127.0.0.1", "unknown authority"},
		"another host":      {a, a, "db.example", "doesn't contain any IP SANs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cert, err := tls.LoadX509KeyPair(c.server.Server(t, c.host))
			if err != nil {
				t.Fatal(err)
			}
			trust := clientTLS(t, c.server, "x").RootCAs
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert},
				ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trust})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					_, _ = c.Write([]byte("x")) // shakes hands first
					c.Close()
				}
			}()
			conn, err := tls.Dial("tcp", l.Addr().String(), clientTLS(t, c.client, "alice"))
			if err == nil {
				defer conn.Close()
				_, err = conn.Read(make([]byte, 1)) // the server has verified by then
			}
			if c.complaint == "" && err != nil || c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)) {
				t.Errorf("got %v, want %q", err, c.complaint)
			}
		})
	}
}

func TestPostgresTLS(t *testing.T) {
	t.Parallel()
	a := testserver.NewAuthority(t)
	s := testserver.NewPostgres(t, testserver.TLS(a), testserver.HBA("hostssl all alice 127.0.0.1/32 cert"))
	s.SQL(t, "postgres", "CREATE ROLE alice LOGIN")
	_, port, err := net.SplitHostPort(s.TLSAddr())
	if err != nil {
		t.Fatal(err)
	}
	// login asks who we are and whether the session has TLS.
	login := func(ca, cert, key string) string {
		cmd := exec.Command(testserver.Program(t, "psql"), "-XAtq", "-c",
			"SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
			"host=localhost hostaddr=127.0.0.1 port="+port+" user=alice dbname=postgres sslmode=verify-full"+
				" sslrootcert="+ca+" sslcert="+cert+" sslkey="+key)
		out, _ := cmd.CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	cert, key := a.Client(t, "alice")
	if got := login(a.File(), cert, key); got != "alice|t" {
		t.Errorf("with her certificate alice gets %q", got)
	}
	if got := login(testserver.NewAuthority(t).File(), cert, key); !strings.Contains(got, "certificate verify failed") {
		t.Errorf("trusting another authority she gets %q", got)
	}
	cert, key = a.Client(t, "bob")
	if got := login(a.File(), cert, key); !strings.Contains(got, "authentication failed") {
		t.Errorf("with bob's certificate she gets %q", got)
	}
}
