package testserver

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// kafkaPorts are all that it listens on.
type kafkaPorts struct {
	plain, tls, sasl, saslTLS, controller int
	proxies, saslProxies                  []proxyPorts
}

func reserveKafka() (kafkaPorts, error) {
	p := kafkaPorts{proxies: make([]proxyPorts, proxyListeners), saslProxies: make([]proxyPorts, saslProxyListeners)}
	all := []*int{&p.plain, &p.tls, &p.sasl, &p.saslTLS, &p.controller}
	for _, list := range [][]proxyPorts{p.proxies, p.saslProxies} {
		for i := range list {
			all = append(all, &list[i].listener, &list[i].proxy)
		}
	}
	return p, freePorts(all...)
}

// open finds out whether each port takes connections: Kafka opens one after the
// other, in no order.
func (p kafkaPorts) open(ctx context.Context) error {
	var d net.Dialer
	for _, port := range slices.Concat([]proxyPorts{{listener: p.sasl}}, p.proxies, p.saslProxies) {
		c, err := d.DialContext(ctx, "tcp", local(port.listener))
		if err != nil {
			return err
		}
		_ = c.Close()
	}
	return nil
}

// kafkaListener is a listener: name, protocol, port, and what clients are told.
type kafkaListener struct {
	name, protocol   string
	port, advertised int
}

func configureKafka(dir, data string, p kafkaPorts, o options) error {
	listeners := []kafkaListener{
		{"PLAIN", "PLAINTEXT", p.plain, p.plain},
		{"SASL", "SASL_PLAINTEXT", p.sasl, p.sasl},
	}
	for i, proxy := range p.proxies {
		listeners = append(listeners, kafkaListener{fmt.Sprint("PROXY", i), "PLAINTEXT", proxy.listener, proxy.proxy})
	}
	settings := kafkaSettings(data, p)
	settings = append(settings, saslSettings("sasl")...)
	for i, proxy := range p.saslProxies {
		name := fmt.Sprint("SASLPROXY", i)
		listeners = append(listeners, kafkaListener{name, "SASL_PLAINTEXT", proxy.listener, proxy.proxy})
		settings = append(settings, saslSettings(strings.ToLower(name))...)
	}
	if o.authority != nil {
		secure, err := tlsSettings(dir, o.authority)
		if err != nil {
			return err
		}
		listeners = append(listeners, kafkaListener{"TLS", "SSL", p.tls, p.tls}, kafkaListener{"SASLTLS", "SASL_SSL", p.saslTLS, p.saslTLS})
		settings = append(append(settings, secure...), saslSettings("sasltls")...)
	}
	settings = append(append(settings, listenerSettings(listeners, p.controller)...), o.settings...)
	var conf strings.Builder
	for _, s := range settings { // of two lines with one name the later counts
		fmt.Fprintf(&conf, "%s=%s\n", s.name, s.value)
	}
	return firstError(
		os.WriteFile(filepath.Join(dir, "server.properties"), []byte(conf.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "log4j2.xml"), []byte(kafkaLogging), 0o600),
		formatKafka(data))
}

// kafkaSettings are those of a quick start and of short sessions.
func kafkaSettings(data string, p kafkaPorts) []setting {
	return []setting{
		{"process.roles", "broker,controller"},
		{"node.id", "1"},
		{"controller.quorum.voters", "1@" + local(p.controller)},
		{"log.dirs", data},
		{"auto.create.topics.enable", "false"},
		{"offsets.topic.replication.factor", "1"},
		{"offsets.topic.num.partitions", "4"},
		{"transaction.state.log.replication.factor", "1"},
		{"transaction.state.log.min.isr", "1"},
		{"transaction.state.log.num.partitions", "4"},
		{"share.coordinator.state.topic.replication.factor", "1"},
		{"share.coordinator.state.topic.min.isr", "1"},
		{"group.initial.rebalance.delay.ms", "0"},
		{"group.min.session.timeout.ms", "1000"},
		{"broker.session.timeout.ms", "3000"}, // after Kill, its earlier self has to be forgotten first
		{"broker.heartbeat.interval.ms", "500"},
	}
}

func listenerSettings(all []kafkaListener, controller int) []setting {
	listens := []string{"CONTROLLER://" + local(controller)}
	protocols := []string{"CONTROLLER:PLAINTEXT"}
	var tells []string
	var threads []setting
	for _, l := range all {
		listens = append(listens, l.name+"://"+local(l.port))
		tells = append(tells, l.name+"://"+local(l.advertised))
		protocols = append(protocols, l.name+":"+l.protocol)
		if l.port != l.advertised {
			threads = append(threads, setting{"listener.name." + strings.ToLower(l.name) + ".num.network.threads", "1"})
		}
	}
	return append(threads,
		setting{"listeners", strings.Join(listens, ",")},
		setting{"advertised.listeners", strings.Join(tells, ",")},
		setting{"listener.security.protocol.map", strings.Join(protocols, ",")},
		setting{"controller.listener.names", "CONTROLLER"},
		setting{"inter.broker.listener.name", "PLAIN"})
}

func saslSettings(listener string) []setting {
	const modules = "org.apache.kafka.common.security."
	prefix := "listener.name." + listener + "."
	return []setting{
		{prefix + "sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"},
		{prefix + "plain.sasl.jaas.config", modules + `plain.PlainLoginModule required user_admin="` + Password + `";`},
		{prefix + "scram-sha-256.sasl.jaas.config", modules + "scram.ScramLoginModule required;"},
		{prefix + "scram-sha-512.sasl.jaas.config", modules + "scram.ScramLoginModule required;"},
	}
}

// tlsSettings make the common name of a client's certificate its user.
func tlsSettings(dir string, a *Authority) ([]setting, error) {
	cert, key, err := a.server(dir, account{})
	if err != nil {
		return nil, err
	}
	chain, err := os.ReadFile(cert)
	if err != nil {
		return nil, err
	}
	secret, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	both := filepath.Join(dir, "server-both.pem")
	return []setting{
		{"ssl.keystore.type", "PEM"},
		{"ssl.keystore.location", both},
		{"ssl.truststore.type", "PEM"},
		{"ssl.truststore.location", filepath.Join(dir, "ca.pem")},
		{"listener.name.tls.ssl.client.auth", "requested"},
		{"listener.name.sasltls.ssl.client.auth", "none"},
		{"ssl.principal.mapping.rules", "RULE:^CN=([^,]+).*$/$1/,DEFAULT"},
	}, os.WriteFile(both, append(secret, chain...), 0o600)
}

// formatKafka writes what Kafka's own tool would, which takes it two seconds.
func formatKafka(data string) error {
	id := func() string {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		b[0] &= 0x7f           // no dash at the begin, which their tools take for an option
		return base64.RawURLEncoding.EncodeToString(b[:])
	}
	text := "version=1\nnode.id=" + strconv.Itoa(1) + "\ncluster.id=" + id() + "\ndirectory.id=" + id() + "\n"
	return os.WriteFile(filepath.Join(data, "meta.properties"), []byte(text), 0o600)
}

const kafkaLogging = `<Configuration status="WARN"><Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers></Configuration>
`
