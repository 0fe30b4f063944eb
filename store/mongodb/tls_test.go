package mongodb_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

// clientFile has a client's certificate and its key, as MongoDB's tools want it.
func clientFile(t *testing.T, a *testserver.Authority) string {
	t.Helper()
	var both []byte
	certFile, keyFile := a.Client(t, "recibo")
	for _, file := range []string{certFile, keyFile} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, part...)
	}
	file := filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTLS opens a server with TLS whose certificate is for 127.0.0.1 and
// localhost, and that wants one of its clients.
func TestTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := testserver.NewAuthority(t), testserver.NewAuthority(t)
	server := testserver.NewSecantusDB(t, testserver.TLS(authority), testserver.Setting("tls-require-client-cert", ""))
	client := clientFile(t, authority)
	good := with(server.URL("admin", "payments"), "tls", "true", "tlsCAFile", authority.File(), "tlsCertificateKeyFile", client)
	s := migrated(t, good, mongodb.Options{})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ name, address, words, hint string }{
		{"strange authority", with(good, "tlsCAFile", stranger.File()), "certificate signed by unknown authority", "tlsCAFile=FILE"},
		{"the machine's authorities", with(server.URL("admin", "payments"), "tls", "true", "tlsCertificateKeyFile", client),
			"certificate signed by unknown authority", "tlsCAFile=FILE"},
		{"wrong host", at(good, elsewhere(t, server.Addr())), "certificate is valid for 127.0.0.1, not 127.0.0.2", "as the server's certificate names it"},
		{"client without a key", with(good, "tlsCertificateKeyFile", authority.File()), "", "--store takes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wantConfig(t, refused(t, c.address, mongodb.Options{}), c.words, c.hint)
		})
	}
	t.Run("strange client", func(t *testing.T) {
		t.Parallel()
		err := refused(t, with(good, "tlsCertificateKeyFile", clientFile(t, stranger)), mongodb.Options{})
		if store.ClassOf(err) == store.ClassOutage && strings.Contains(err.Error(), "the server closed the connection") {
			return // which overtook what it had to say
		}
		wantConfig(t, err, "tls", "the server's log")
	})
}

// elsewhere is the server by another address of this machine.
func elsewhere(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
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
			to, err := net.Dial("tcp", server)
			if err != nil {
				_ = c.Close()
				continue
			}
			go func() { _, _ = io.Copy(to, c); _ = to.Close() }()
			go func() { _, _ = io.Copy(c, to); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}
