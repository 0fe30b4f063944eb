package rabbitmq_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/rabbitmq"
)

// hopeless fails unless err is one that waiting cannot mend, with these words
// and this in its hint, and without a password.
func hopeless(t *testing.T, err error, words, hint string) {
	t.Helper()
	config, ok := errors.AsType[*queue.ConfigError](err)
	if !ok {
		t.Fatalf("%v, want a *queue.ConfigError", err)
	}
	t.Logf("%v\nhint: %s", config, config.Hint())
	if !strings.Contains(config.Error(), words) || !strings.Contains(config.Hint(), hint) {
		t.Errorf("want %q in the error and %q in the hint", words, hint)
	}
	if n := strings.Count(config.Error(), "queue amqp"); n != 1 {
		t.Errorf("the error names its target %d times", n)
	}
	secretless(t, config.Error()+config.Hint())
}

func secretless(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testserver.Password, "wr0ng"} {
		if strings.Contains(text, secret) {
			t.Errorf("the password is in %q", text)
		}
	}
}

// open does what a recorder does at its start.
func open(ctx context.Context, address string, setUp bool, want queue.Want) error {
	b, err := rabbitmq.Dial(ctx, address, rabbitmq.Options{})
	if err != nil {
		return err
	}
	defer b.Close(context.WithoutCancel(ctx))
	if setUp {
		if err := b.Setup(ctx); err != nil {
			return err
		}
	}
	want.Messages = 10
	_, err = b.Source(ctx, want)
	return err
}

func TestStartWithMistakes(t *testing.T) {
	server := testserver.RabbitMQ(t)
	vhost := server.VirtualHost(t)
	at := func(queue string) string { return server.URL("admin", vhost, queue) }
	declare(t, at(""), "classic", nil)
	declare(t, at(""), "stream", amqp.Table{"x-queue-type": "stream"})
	declare(t, at(""), "limited", amqp.Table{"x-queue-type": "quorum", "x-delivery-limit": 3})
	mine := channel(t, at(""))
	if _, err := mine.QueueDeclare("mine", false, false, true, false, nil); err != nil {
		t.Fatal(err)
	}
	stranger := server.User(t, "stranger", server.VirtualHost(t), ".*", ".*", ".*")
	reader := server.User(t, "reader", vhost, "^$", "^$", "^other$")
	dead := queue.Want{DeadLetters: true}
	for _, tt := range []struct {
		name, address string
		setUp         bool
		want          queue.Want
		words, hint   string
	}{
		{"wrong password", strings.Replace(at("x"), testserver.Password, "wr0ng", 1), true, queue.Want{}, "Login was refused", "--queue-password-file"},
		{"unknown vhost", server.URL("admin", "no such vhost", "x"), true, queue.Want{}, "vhost no such vhost not found", "rabbitmqctl add_vhost 'no such vhost'"},
		{"no access to vhost", server.URL(stranger, vhost, "x"), true, queue.Want{}, "refused for user", "give user " + stranger + " rights in virtual host " + vhost},
		{"missing queue", at("none"), false, queue.Want{}, "no queue 'none'", "recibo migrate --queue 'amqp://admin:***@"},
		{"named dead letters missing", at("classic&dead_letters=gone"), false, dead, "no queue 'gone'", "dead_letters"},
		{"queue of other kind", at("classic"), true, queue.Want{}, "inequivalent arg", "--setup=false"},
		{"queue of other properties", at("limited"), true, queue.Want{}, "inequivalent arg", "--setup=false"},
		{"exclusive queue", at("mine"), true, queue.Want{}, "exclusive access to locked queue", "exclusive"},
		{"exclusive queue, not set up", at("mine"), false, queue.Want{}, "exclusive access to locked queue", "exclusive"},
		{"stream", at("stream"), false, queue.Want{}, "is a stream", "quorum or classic"},
		{"stream, set up", at("stream"), true, queue.Want{}, "current is 'stream'", "--setup=false"},
		{"no right to read", server.URL(reader, vhost, "classic"), false, queue.Want{}, "access to queue 'classic'", "give user " + reader + " the right to read"},
		{"no right to set up", server.URL(reader, vhost, "new"), true, queue.Want{}, "access to", "give user " + reader + " the right to configure, write and read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := strings.Replace(tt.address, "%26dead_letters%3D", "&dead_letters=", 1)
			hopeless(t, open(t.Context(), address, tt.setUp, tt.want), tt.words, tt.hint)
		})
	}
}

// TestSetupBesideAForeignQueueMakesNothing.
func TestSetupBesideAForeignQueueMakesNothing(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "theirs")
	declare(t, address, "theirs", nil)
	if err := dial(t, address).Setup(t.Context()); err == nil {
		t.Fatal("a classic queue was taken for one of ours")
	}
	for _, name := range []string{"theirs.dlq", "theirs.dlx"} {
		ch := channel(t, address)
		_, err := ch.QueueDeclarePassive(name, false, false, false, false, nil)
		if name == "theirs.dlx" {
			ch = channel(t, address)
			err = ch.ExchangeDeclarePassive(name, "fanout", true, false, false, false, nil)
		}
		if said, ok := errors.AsType[*amqp.Error](err); !ok || said.Code != amqp.NotFound {
			t.Errorf("%s: %v, want NOT_FOUND", name, err)
		}
	}
}

func TestNoDeadLetterQueueOfTheUsers(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "theirs")
	declare(t, address, "theirs", nil)
	if err := open(t.Context(), address, false, queue.Want{DeadLetters: true}); !errors.Is(err, queue.ErrNoDeadLetters) {
		t.Fatalf("%v, want ErrNoDeadLetters", err)
	}
}

// TestPublishingWithMistakes: what the first message would meet is said when
// the publisher is opened.
func TestPublishingWithMistakes(t *testing.T) {
	server := testserver.RabbitMQ(t)
	vhost := server.VirtualHost(t)
	declare(t, server.URL("admin", vhost, ""), "there", nil)
	mute := server.User(t, "mute", vhost, ".*", "^there$", ".*")
	for _, tt := range []struct{ name, address, words, hint string }{
		{"missing queue", server.URL("admin", vhost, "none"), "no queue 'none'", "recibo migrate"},
		{"no right to write", server.URL(mute, vhost, "there"), "access to exchange 'amq.default'", "give user " + mute + " the right to write"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dial(t, tt.address).Publisher(t.Context())
			hopeless(t, err, tt.words, tt.hint)
		})
	}
}

// TestMayGetBetter: errors that time may mend are no mistakes.
func TestMayGetBetter(t *testing.T) {
	server := testserver.RabbitMQ(t)
	vhost := server.VirtualHost(t)
	server.API(t, "PUT", "/api/vhost-limits/"+vhost+"/max-connections", map[string]int{"value": 0}, nil)
	silent := listener(t, func(net.Conn) {})
	early := listener(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 8)); _ = c.Close() })
	for name, address := range map[string]string{
		"nobody there":             "amqp://app:" + testserver.Password + "@127.0.0.1:1/",
		"no answer":                "amqp://app:" + testserver.Password + "@" + silent + "/?connection_timeout=100",
		"closed before it is up":   "amqp://app:" + testserver.Password + "@" + early + "/",
		"connections at the limit": server.URL("admin", vhost, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rabbitmq.Dial(t.Context(), address, rabbitmq.Options{})
			if _, config := errors.AsType[*queue.ConfigError](err); err == nil || config {
				t.Fatalf("%v, want an error that is no ConfigError", err)
			}
			t.Log(err)
			secretless(t, err.Error())
		})
	}
}

// TestBrokenLoginIsNoWrongPassword: the library takes each break of the
// connection between login and answer for one.
func TestBrokenLoginIsNoWrongPassword(t *testing.T) {
	server := testserver.RabbitMQ(t)
	proxy := server.Proxy(t)
	struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("PLAIN"), When: testserver.After})
	_, err := rabbitmq.Dial(t.Context(), through(proxy, server.URL("admin", server.VirtualHost(t), "x")), rabbitmq.Options{})
	<-struck
	if _, config := errors.AsType[*queue.ConfigError](err); err == nil || config {
		t.Fatalf("%v, want an error that is no ConfigError", err)
	}
	t.Log(err)
}

// listener takes connections and does this with them.
func listener(t *testing.T, with func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			with(c)
		}
	}()
	return l.Addr().String()
}

func TestBadAddresses(t *testing.T) {
	for address, words := range map[string]string{
		"amqp://app:s3cret@host/%zz":                        "not an address",
		"http://app:s3cret@host/":                           "scheme is not amqp or amqps",
		"amqp://app:s3cret@/x":                              "no host",
		"amqp://app:s3cret@host/a/b":                        "write %2F",
		"amqp://app:s3cret@host/x?queue=":                   "1 to 250 bytes",
		"amqp://app:s3cret@host/x?queue=a&queue=b":          "queue is given twice",
		"amqp://app:s3cret@host/x?queue=a&dead_letters=a":   "the same queue",
		"amqp://app:s3cret@host/x?password=s3cret":          "unknown parameter password",
		"amqp://app:s3cret@host/x?heartbeat=0":              "heartbeat is a number of seconds",
		"amqp://app:s3cret@host/x?connection_timeout=fast":  "connection_timeout is a number of milliseconds",
		"amqp://app:s3cret@host/x?cacertfile=ca.pem":        "want amqps://",
		"amqps://app:s3cret@host/x?certfile=c.pem":          "certfile and keyfile go together",
		"amqps://app:s3cret@host/x?verify=verify_none":      "verify is verify_peer",
		"amqps://app:s3cret@host/x?auth_mechanism=external": "wants certfile and keyfile",
		"amqps://app:s3cret@host/x?auth_mechanism=kerberos": "plain or external",
	} {
		_, err := rabbitmq.Dial(t.Context(), address, rabbitmq.Options{})
		config, ok := errors.AsType[*queue.ConfigError](err)
		if !ok || !strings.Contains(config.Error(), words) || config.Hint() == "" {
			t.Errorf("%s: %v, want a ConfigError that says %q", address, err, words)
		} else if strings.Contains(config.Error()+config.Hint(), "s3cret") {
			t.Errorf("the password is in %q", config.Error())
		}
	}
}

// TestAddresses: odd names arrive where they should.
func TestAddresses(t *testing.T) {
	server := testserver.RabbitMQ(t)
	for _, tt := range []struct{ vhost, queue, dead string }{
		{"with/slash", "payments", "payments.dlq"},
		{"pagamentos é 100%", "fila de pagamentos?", "morta & enterrada"},
	} {
		server.API(t, "PUT", "/api/vhosts/"+url.PathEscape(tt.vhost), nil, nil)
		t.Cleanup(func() { server.API(t, "DELETE", "/api/vhosts/"+url.PathEscape(tt.vhost), nil, nil) })
		server.API(t, "PUT", "/api/permissions/"+url.PathEscape(tt.vhost)+"/admin",
			map[string]string{"configure": ".*", "write": ".*", "read": ".*"}, nil)
		address := server.URL("admin", tt.vhost, tt.queue)
		if tt.dead != tt.queue+".dlq" {
			address += "&dead_letters=" + url.QueryEscape(tt.dead)
		}
		ready(t, address)
		for _, name := range []string{tt.queue, tt.dead} {
			if _, err := channel(t, server.URL("admin", tt.vhost, "")).QueueDeclarePassive(name, true, false, false, false, nil); err != nil {
				t.Error(err)
			}
		}
	}
}
