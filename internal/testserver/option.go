package testserver

// Option changes how a private server is started.
type Option func(*options)

type options struct {
	settings  []setting
	hba       []string
	authority *Authority
	dataOn    string
}

type setting struct{ name, value string }

func collect(list []Option) options {
	var o options
	for _, option := range list {
		option(&o)
	}
	return o
}

// Setting adds a line to the server's configuration, postgresql.conf or
// rabbitmq.conf. It overrides what testserver would set by the same name.
func Setting(name, value string) Option {
	return func(o *options) { o.settings = append(o.settings, setting{name, value}) }
}

// HBA adds a line to PostgreSQL's pg_hba.conf, before the one that lets
// everybody in with a password.
func HBA(line string) Option {
	return func(o *options) { o.hba = append(o.hba, line) }
}

// TLS makes the server speak TLS with a certificate of this authority, for
// 127.0.0.1 and localhost, and verify the client certificates that are shown
// to it. None is demanded. RabbitMQ has its own port for it, TLSAddr, and takes
// the common name of a client certificate as the user (SASL EXTERNAL);
// PostgreSQL does so where a line of HBA says cert.
func TLS(a *Authority) Option {
	return func(o *options) { o.authority = a }
}

// DataOn puts the server's data into a folder of its own below dir, for
// example on a small disk. Its log stays elsewhere.
func DataOn(dir string) Option {
	return func(o *options) { o.dataOn = dir }
}
