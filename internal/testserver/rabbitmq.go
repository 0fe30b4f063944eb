package testserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RabbitServer is a RabbitMQ with administrator admin, who has Password, and
// the management plugin.
//
// RabbitMQ 3.10 writes down the name of a new quorum queue some time after it
// has answered: killed within the first second, it never opens that queue again
// and whoever uses it waits for ever. Let a queue be two seconds old before
// Kill. Stop takes it six seconds.
type RabbitServer struct {
	*Server
	management string            // host:port of its HTTP API
	control    map[string]string // the environment of rabbitmqctl
}

// rabbitPorts are all that it listens on: clients, clients with TLS, the HTTP
// API, other nodes and rabbitmqctl, and the daemon that tells those where.
type rabbitPorts struct{ amqp, tls, management, distribution, epmd int }

func startRabbit(o options, shared bool) (*RabbitServer, error) {
	began := time.Now()
	server, err := program("rabbitmq-server")
	if err != nil {
		return nil, err
	}
	epmd, err := program("epmd")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("rabbitmq")
	if err != nil {
		return nil, err
	}
	data, err := dataFolder(dir, o.dataOn, account{})
	if err != nil {
		return nil, err
	}
	var p rabbitPorts
	if err := freePorts(&p.amqp, &p.tls, &p.management, &p.distribution, &p.epmd); err != nil {
		return nil, err
	}
	if err := configureRabbit(dir, p, o); err != nil {
		return nil, err
	}
	control, env := rabbitEnvironment(dir, data, p)
	log := filepath.Join(dir, "log")
	s := &Server{
		name:    "RabbitMQ",
		version: rabbitVersion(server),
		addr:    local(p.amqp),
		tlsAddr: local(p.tls),
		dir:     dir,
		daemons: []daemon{
			{path: epmd, env: env, dir: dir, log: log, stop: syscall.SIGKILL, death: syscall.SIGKILL},
			{path: server, env: env, dir: dir, log: log, stop: syscall.SIGTERM, death: syscall.SIGKILL},
		},
		shared: shared,
	}
	r := &RabbitServer{Server: s, management: local(p.management), control: control}
	r.wire()
	s.data = data
	return r, launch(s, began)
}

// wire sets how to ask it. Its HTTP API opens last.
func (s *RabbitServer) wire() {
	s.answers = func(ctx context.Context) error { return askRabbit(ctx, s.addr) }
	s.ready = func(ctx context.Context) error { return s.request(ctx, "GET", "/api/vhosts", nil, nil) }
}

func configureRabbit(dir string, p rabbitPorts, o options) error {
	settings := []setting{
		{"listeners.tcp.1", local(p.amqp)},
		{"management.tcp.ip", "127.0.0.1"},
		{"management.tcp.port", strconv.Itoa(p.management)},
		{"default_user", "admin"},
		{"default_pass", Password},
		{"log.file", "false"},
		{"log.console", "true"},
		{"log.console.level", "info"},
		{"log.console.use_colors", "off"},
	}
	plugins := []string{"rabbitmq_management"}
	if a := o.authority; a != nil {
		cert, key, err := a.server(dir, account{})
		if err != nil {
			return err
		}
		plugins = append(plugins, "rabbitmq_auth_mechanism_ssl")
		settings = append(settings, []setting{
			{"listeners.ssl.1", local(p.tls)},
			{"ssl_options.cacertfile", filepath.Join(dir, "ca.pem")},
			{"ssl_options.certfile", cert},
			{"ssl_options.keyfile", key},
			{"ssl_options.verify", "verify_peer"},
			{"ssl_options.fail_if_no_peer_cert", "false"},
			{"ssl_cert_login_from", "common_name"},
			{"auth_mechanisms.1", "PLAIN"},
			{"auth_mechanisms.2", "AMQPLAIN"},
			{"auth_mechanisms.3", "EXTERNAL"},
		}...)
	}
	// A name that stands twice would be refused, so the later replaces the earlier.
	lines, order := map[string]string{}, []string{}
	for _, s := range append(settings, o.settings...) {
		if _, known := lines[s.name]; !known {
			order = append(order, s.name)
		}
		lines[s.name] = s.value
	}
	var conf strings.Builder
	for _, name := range order {
		fmt.Fprintf(&conf, "%s = %s\n", name, lines[name])
	}
	return firstError(
		os.WriteFile(filepath.Join(dir, "rabbitmq.conf"), []byte(conf.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "advanced.config"), []byte("[].\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "plugins"), []byte("["+strings.Join(plugins, ",")+"].\n"), 0o600))
}

// rabbitEnvironment is that of rabbitmqctl and that of the server. Node and
// cookie are its own, so that no two on this machine know of each other.
func rabbitEnvironment(dir, data string, p rabbitPorts) (map[string]string, []string) {
	const loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
	control := map[string]string{
		"HOME":                   dir, // where the cookie is
		"ERL_EPMD_PORT":          strconv.Itoa(p.epmd),
		"ERL_EPMD_ADDRESS":       "127.0.0.1",
		"RABBITMQ_NODENAME":      fmt.Sprintf("recibo%d@localhost", p.amqp),
		"RABBITMQ_CONF_ENV_FILE": "/dev/null", // not that of the machine
		"RABBITMQ_CTL_ERL_ARGS":  loopback,
	}
	env := environment(dir)
	for name, value := range control {
		env = append(env, name+"="+value)
	}
	env = append(env,
		"RABBITMQ_MNESIA_BASE="+data,
		"RABBITMQ_LOG_BASE="+dir,
		"RABBITMQ_CONFIG_FILE="+filepath.Join(dir, "rabbitmq.conf"),
		"RABBITMQ_ADVANCED_CONFIG_FILE="+filepath.Join(dir, "advanced.config"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(dir, "plugins"),
		"RABBITMQ_DIST_PORT="+strconv.Itoa(p.distribution),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+loopback,
		"detached=1", // the script becomes the server, instead of waiting for it
	)
	return control, env
}

// rabbitVersion is in the name of a folder: asking the program takes seconds.
func rabbitVersion(server string) string {
	const mark = "rabbitmq_server-"
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(server), "..", "lib", mark+"*"))
	if len(found) == 0 {
		return "?"
	}
	return strings.TrimPrefix(filepath.Base(found[len(found)-1]), mark)
}
