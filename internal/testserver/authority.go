package testserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Authority makes certificates for tests of TLS. Two of them do not know of
// each other.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	made int
}

// NewAuthority makes a certificate authority that lives as long as the test.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "recibo test authority " + rand.Text()[:6]},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := sign(template, template, key, key)
	if err != nil {
		t.Fatal(err)
	}
	a := &Authority{dir: t.TempDir(), key: key}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := writePEM(a.File(), "CERTIFICATE", der, 0o644); err != nil {
		t.Fatal(err)
	}
	return a
}

// File is the authority's own certificate, in PEM: what a client trusts.
func (a *Authority) File() string { return filepath.Join(a.dir, "ca.pem") }

// Client makes a client certificate and returns its PEM files.
func (a *Authority) Client(t testing.TB, commonName string) (certFile, keyFile string) {
	t.Helper()
	return a.make(t, &x509.Certificate{
		Subject:     pkix.Name{CommonName: commonName},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// Server makes a certificate for a server reached by these names or addresses
// and returns its PEM files.
func (a *Authority) Server(t testing.TB, hosts ...string) (certFile, keyFile string) {
	t.Helper()
	return a.make(t, serverTemplate(hosts))
}

func (a *Authority) make(t testing.TB, template *x509.Certificate) (certFile, keyFile string) {
	t.Helper()
	a.made++
	base := filepath.Join(a.dir, strconv.Itoa(a.made))
	if err := a.issue(template, base+"-cert.pem", base+"-key.pem"); err != nil {
		t.Fatal(err)
	}
	return base + "-cert.pem", base + "-key.pem"
}

func serverTemplate(hosts []string) *x509.Certificate {
	c := &x509.Certificate{
		Subject:     pkix.Name{CommonName: hosts[0]},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
	return c
}

// server puts ca.pem and a certificate for loopback into dir, owned by the
// account that the server runs as.
func (a *Authority) server(dir string, as account) (certFile, keyFile string, err error) {
	ca, certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "server.pem"), filepath.Join(dir, "server-key.pem")
	return certFile, keyFile, firstError(
		writePEM(ca, "CERTIFICATE", a.cert.Raw, 0o644),
		a.issue(serverTemplate([]string{"localhost", "127.0.0.1"}), certFile, keyFile),
		as.own(ca), as.own(certFile), as.own(keyFile))
}

// issue writes a new certificate of this authority and its key.
func (a *Authority) issue(template *x509.Certificate, certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	cert, err := sign(template, a.cert, key, a.key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return firstError(
		writePEM(certFile, "CERTIFICATE", cert, 0o644),
		writePEM(keyFile, "PRIVATE KEY", secret, 0o600))
}

func sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	return x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
