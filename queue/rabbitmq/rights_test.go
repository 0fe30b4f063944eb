package rabbitmq_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/rabbitmq"
)

// TestCommands: what is printed makes what Setup makes, and gives each account
// what it needs and no more.
func TestCommands(t *testing.T) {
	server := testserver.RabbitMQ(t)
	vhost := server.VirtualHost(t)
	admin := server.URL("admin", vhost, "pay.ments")
	text, err := rabbitmq.Commands(admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(text)
	secretless(t, text)
	tool := rabbitmqadmin(t, server)
	for _, line := range strings.Split(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "rabbitmqadmin "); ok {
			shell(t, tool+" "+rest)
		}
	}
	b := ready(t, admin) // finds everything as it would have made it

	recorder := granted(t, server, text, vhost, "recorder")
	publishing := granted(t, server, text, vhost, "publisher")
	migrator := granted(t, server, text, vhost, "migrator")

	publish(t, ready(t, server.URL(publishing, vhost, "pay.ments")), numbered(0, 5))
	r := ready(t, server.URL(recorder, vhost, "pay.ments"))
	s := source(t, r, 10)
	ack(t, s, collect(t, s, 5, patience))
	closing(t, s)
	if _, err := r.Depth(t.Context()); err != nil {
		t.Error(err)
	}
	dead, err := r.Source(t.Context(), queue.Want{Messages: 1, DeadLetters: true})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, dead)
	nothingLeft(t, b)

	_, err = r.Publisher(t.Context())
	hopeless(t, err, "ACCESS_REFUSED", "the right to write")
	_, err = dial(t, server.URL(publishing, vhost, "pay.ments")).Source(t.Context(), queue.Want{Messages: 1})
	hopeless(t, err, "ACCESS_REFUSED", "the right to read")
	hopeless(t, dial(t, server.URL(migrator, vhost, "payxments")).Setup(t.Context()), "ACCESS_REFUSED", "the right to configure")

	theirs := channel(t, admin)
	for _, name := range []string{"pay.ments", "pay.ments.dlq"} {
		if _, err := theirs.QueueDelete(name, false, false, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := theirs.ExchangeDelete("pay.ments.dlx", false, false); err != nil {
		t.Fatal(err)
	}
	ready(t, server.URL(migrator, vhost, "pay.ments"))
}

// granted makes an account with the rights that the text gives it.
func granted(t *testing.T, server *testserver.RabbitServer, text, vhost, account string) string {
	t.Helper()
	words := regexp.MustCompile(`set_permissions -p ` + regexp.QuoteMeta(vhost) + ` ` + account + ` '(.*)' '(.*)' '(.*)'`).FindStringSubmatch(text)
	if words == nil {
		t.Fatalf("no rights for %s in virtual host %s in\n%s", account, vhost, text)
	}
	return server.User(t, account, vhost, words[1], words[2], words[3])
}

// rabbitmqadmin is the tool that the server itself hands out, and how it
// reaches the server.
func rabbitmqadmin(t *testing.T, server *testserver.RabbitServer) string {
	t.Helper()
	var overview struct {
		Listeners []struct {
			Protocol string
			Port     int
		}
	}
	server.API(t, "GET", "/api/overview", nil, &overview)
	port := 0
	for _, l := range overview.Listeners {
		if l.Protocol == "http" {
			port = l.Port
		}
	}
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/cli/rabbitmqadmin", port))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	script, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.Status, err)
	}
	file := filepath.Join(t.TempDir(), "rabbitmqadmin")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("python3 %s -H 127.0.0.1 -P %d -u admin -p %s", file, port, testserver.Password)
}

func shell(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

func TestCommandsForOddNames(t *testing.T) {
	text, err := rabbitmq.Commands("amqp://app:s3cret@host/a%20b%27c?queue=x%20y&dead_letters=z")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`-V 'a b'\''c' declare`, `queue name='x y' durable=true`, `queue name=z durable=true`, `'^(x y|z)$'`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") {
		t.Error("the password is in it")
	}
	if _, err := rabbitmq.Commands("amqp://host/a/b"); err == nil {
		t.Error("a bad address was taken")
	} else if _, ok := errors.AsType[*queue.ConfigError](err); !ok {
		t.Error(err)
	}
}
