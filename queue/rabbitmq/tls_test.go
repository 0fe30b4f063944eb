package rabbitmq_test

import (
	"net/url"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue/rabbitmq"
)

// secure is the address by TLS, with these parameters.
func secure(server *testserver.RabbitServer, addr string, parameters ...string) string {
	u, err := url.Parse(server.URL("admin", "/", "payments"))
	if err != nil {
		panic(err)
	}
	u.Scheme, u.Host = "amqps", addr
	query := u.Query()
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// TestTLS is against a server that demands a certificate of the client.
func TestTLS(t *testing.T) {
	t.Parallel()
	ca, other := testserver.NewAuthority(t), testserver.NewAuthority(t)
	server := testserver.NewRabbitMQ(t, testserver.TLS(ca), testserver.Setting("ssl_options.fail_if_no_peer_cert", "true"))
	cert, key := ca.Client(t, "admin")
	strange, strangeKey := other.Client(t, "admin")
	byPort := strings.Replace(server.TLSAddr(), "127.0.0.1", "localhost", 1)

	for name, address := range map[string]string{
		"password and certificate": secure(server, server.TLSAddr(), "cacertfile", ca.File(), "certfile", cert, "keyfile", key, "verify", "verify_peer"),
		"certificate alone":        strings.Replace(secure(server, byPort, "cacertfile", ca.File(), "certfile", cert, "keyfile", key, "auth_mechanism", "external"), testserver.Password, "wr0ng", 1),
		"other name, sent along":   secure(server, server.TLSAddr(), "cacertfile", ca.File(), "certfile", cert, "keyfile", key, "server_name_indication", "localhost"),
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
		{"unknown authority", secure(server, server.TLSAddr(), "cacertfile", other.File()), "signed by unknown authority", "cacertfile"},
		{"authorities of the system", secure(server, server.TLSAddr()), "signed by unknown authority", "cacertfile"},
		{"wrong host", secure(server, server.TLSAddr(), "cacertfile", ca.File(), "server_name_indication", "bank.example"), "not bank.example", "server_name_indication"},
		{"no certificate of the client", secure(server, server.TLSAddr(), "cacertfile", ca.File()), "wants a certificate", "certfile=FILE"},
		{"certificate of a stranger", secure(server, server.TLSAddr(), "cacertfile", ca.File(), "certfile", strange, "keyfile", strangeKey), "does not accept", "certfile=FILE"},
		{"no such file", secure(server, server.TLSAddr(), "cacertfile", "/none/ca.pem"), "no such file", "cacertfile"},
		{"no certificate in the file", secure(server, server.TLSAddr(), "cacertfile", key), "no certificate", "cacertfile"},
		{"TLS to the plain port", secure(server, server.Addr(), "cacertfile", ca.File()), "does not speak TLS", "amqp://"},
		{"plain to the TLS port", strings.Replace(server.URL("admin", "/", "x"), server.Addr(), server.TLSAddr(), 1), "speaks TLS", "amqps://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rabbitmq.Dial(t.Context(), tt.address, rabbitmq.Options{})
			hopeless(t, err, tt.words, tt.hint)
		})
	}
}
