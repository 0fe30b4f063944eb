package testserver

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// KafkaServer is an Apache Kafka of one node, its controller included. Anybody
// may do anything on Addr and TLSAddr; SASLAddr wants a login: account admin by
// PLAIN, those of User by SCRAM. Rights are asked for with Authorizer only.
//
// It does not make topics by itself, and keeps data that it accepted through
// Kill: that is in the system's cache.
type KafkaServer struct {
	*Server
	saslAddr, saslTLSAddr string
	java, jars            string
	proxies, saslProxies  chan proxyPorts // those that are free
}

// proxyPorts are a listener of the server, and the port that it tells clients
// to come back to: that of the proxy.
type proxyPorts struct{ listener, proxy int }

// How many proxies there may be at once.
const (
	proxyListeners     = 8
	saslProxyListeners = 1
)

// Kafka is the shared Kafka of this process, started at the first call.
func Kafka(t testing.TB) *KafkaServer {
	t.Helper()
	return get(t, sharedKafka)
}

var sharedKafka = sync.OnceValues(func() (*KafkaServer, error) { return startKafka(options{}, true, quickly...) })

// NewKafka starts a Kafka for this test alone.
func NewKafka(t testing.TB, list ...Option) *KafkaServer {
	t.Helper()
	s := get(t, func() (*KafkaServer, error) { return startKafka(collect(list), false, quickly...) })
	private(t, s.Server)
	return s
}

// OpenKafka starts a Kafka outside of a test, for measurements. The caller
// closes it.
func OpenKafka(list ...Option) (*KafkaServer, error) {
	return startKafka(collect(list), false, "-XX:+UseParallelGC")
}

// quickly are flags of Java for a start in half the time; what runs for long is
// slower.
var quickly = []string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"}

func startKafka(o options, shared bool, flags ...string) (*KafkaServer, error) {
	began := time.Now()
	java, err := program("java")
	if err != nil {
		return nil, err
	}
	lib, err := jars("kafka")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("kafka")
	if err != nil {
		return nil, err
	}
	data, err := dataFolder(dir, o.dataOn, account{})
	if err != nil {
		return nil, err
	}
	k := &KafkaServer{java: java, jars: lib,
		proxies: make(chan proxyPorts, proxyListeners), saslProxies: make(chan proxyPorts, saslProxyListeners)}
	ports, err := reserveKafka()
	if err != nil {
		return nil, err
	}
	if err := configureKafka(dir, data, ports, o); err != nil {
		return nil, err
	}
	for _, p := range ports.proxies {
		k.proxies <- p
	}
	for _, p := range ports.saslProxies {
		k.saslProxies <- p
	}
	k.saslAddr, k.saslTLSAddr = local(ports.sasl), local(ports.saslTLS)
	k.Server = &Server{
		name:    "Kafka",
		version: kafkaVersion(lib),
		addr:    local(ports.plain),
		tlsAddr: local(ports.tls),
		dir:     dir,
		data:    data,
		daemons: []daemon{{
			path: java,
			args: append(slices.Clone(flags), "-Xmx512m", "-XX:-UsePerfData", "-Dlog4j2.configurationFile="+filepath.Join(dir, "log4j2.xml"),
				"-cp", filepath.Join(lib, "*"), "kafka.Kafka", filepath.Join(dir, "server.properties")),
			env: environment(dir), dir: dir, log: filepath.Join(dir, "log"),
			stop: syscall.SIGTERM, death: syscall.SIGKILL,
		}},
		shared: shared,
	}
	k.answers = func(ctx context.Context) error { return askKafka(ctx, k.addr) }
	k.ready = func(ctx context.Context) error { return ports.open(ctx) }
	return k, launch(k.Server, began)
}

// kafkaVersion is in the name of a jar.
func kafkaVersion(lib string) string {
	const mark = "kafka-clients-"
	found, _ := filepath.Glob(filepath.Join(lib, mark+"*.jar"))
	if len(found) == 0 {
		return "?"
	}
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(found[0]), mark), ".jar")
}

// Authorizer makes Kafka ask for rights: only admin and who comes without a
// login has all, everybody else none.
func Authorizer() Option {
	return func(o *options) {
		Setting("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")(o)
		Setting("super.users", "User:ANONYMOUS;User:admin")(o)
	}
}

// SASLAddr is where a login is wanted, without TLS.
func (s *KafkaServer) SASLAddr() string { return s.saslAddr }

// SASLTLSAddr is where a login is wanted, by TLS: for a server that was started
// with it.
func (s *KafkaServer) SASLTLSAddr() string { return s.saslTLSAddr }

// Topic is the name of a topic that is not there yet.
func (s *KafkaServer) Topic(t testing.TB) string { return unique(t.Name()) }

// URL is where a user with Password finds a topic, by SCRAM-SHA-256 on
// SASLAddr; with no user on Addr. Admin logs in by PLAIN.
func (s *KafkaServer) URL(user, topic, group string) string {
	u := url.URL{Scheme: "kafka", Host: s.addr, Path: "/" + topic}
	query := url.Values{"group": {group}}
	if user != "" {
		u.Host, u.User = s.saslAddr, url.UserPassword(user, Password)
		query.Set("sasl", "scram-sha-256")
		if user == "admin" {
			query.Set("sasl", "plain")
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// Proxy puts a fault proxy in front of the server, closed at the end of the
// test. The server tells those who come through it to come back through it.
func (s *KafkaServer) Proxy(t testing.TB) *Proxy {
	t.Helper()
	return proxyFrom(t, s.proxies)
}

// SASLProxy is like Proxy, in front of what wants a login like SASLAddr.
func (s *KafkaServer) SASLProxy(t testing.TB) *Proxy {
	t.Helper()
	return proxyFrom(t, s.saslProxies)
}

func proxyFrom(t testing.TB, free chan proxyPorts) *Proxy {
	t.Helper()
	var ports proxyPorts
	select {
	case ports = <-free:
	case <-time.After(commandTimeout):
		t.Fatal(errors.New("too many proxies of one Kafka"))
	}
	t.Cleanup(func() { free <- ports })
	return newProxyAt(t, local(ports.proxy), local(ports.listener))
}
