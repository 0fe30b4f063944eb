package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// tlsParameters are named and mean what they do for MySQL's own programs: with
// an authority and no mode the certificate is verified.
type tlsParameters struct{ mode, ca, cert, key string }

func (p *tlsParameters) config() (config *tls.Config, mayBePlain bool, err error) {
	mode := p.mode
	if mode == "" {
		mode = "PREFERRED"
		if p.ca != "" {
			mode = "VERIFY_CA"
		}
	}
	config = &tls.Config{MinVersion: tls.VersionTLS12}
	if p.ca != "" {
		if config.RootCAs, err = readAuthorities(p.ca); err != nil {
			return nil, false, err
		}
	}
	if p.cert != "" || p.key != "" {
		pair, err := tls.LoadX509KeyPair(p.cert, p.key)
		if err != nil {
			return nil, false, fmt.Errorf("ssl-cert and ssl-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	switch mode {
	case "DISABLED":
		return nil, false, nil
	case "PREFERRED":
		config.InsecureSkipVerify = true // encrypted where the server can, as the name says
		return config, true, nil
	case "REQUIRED":
		config.InsecureSkipVerify = true // encrypted; by whom is not asked
	case "VERIFY_CA":
		config.InsecureSkipVerify = true // but for the host's name, verified here
		config.VerifyConnection = verifyChain(config.RootCAs)
	case "VERIFY_IDENTITY":
	default:
		return nil, false, fmt.Errorf("ssl-mode is DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, not %q", p.mode)
	}
	return config, false, nil
}

func readAuthorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ssl-ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ssl-ca: no certificate in %s", file)
	}
	return pool, nil
}

// verifyChain verifies a certificate for whatever host.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the server shows no certificate")
		}
		between := x509.NewCertPool()
		for _, c := range state.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
		}
		return nil
	}
}
