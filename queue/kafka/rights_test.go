package kafka_test

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/kafka"
)

// TestCommands: what is printed makes what Setup makes, and gives each account
// what it needs and no more.
func TestCommands(t *testing.T) {
	t.Parallel()
	server := testserver.NewKafka(t, testserver.Authorizer())
	bare := server.URL("", "pay.ments", "the recorders")
	text, err := kafka.Commands(bare)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(text)
	users := map[string]string{}
	for _, account := range []string{"recorder", "publisher", "migrator"} {
		users[account] = server.User(t, account)
		text = regexp.MustCompile(`User:`+account+`\b`).ReplaceAllString(text, "User:"+users[account])
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			words := shellWords(t, line)
			server.Tool(t, words[0], words[1:]...)
		}
	}
	as := func(account string) string { return server.URL(users[account], "pay.ments", "the recorders") }
	if got := describe(t, bare); len(got.partitions) != 6 || got.cleanup != "delete" {
		t.Errorf("the command made %+v", got)
	}
	ready(t, as("migrator"))  // finds it
	ready(t, as("recorder"))  // may make nothing, and need not
	ready(t, as("publisher")) // the same

	publish(t, dial(t, as("publisher")), numbered(0, 20))
	r := dial(t, as("recorder"))
	s := source(t, r, 10)
	for range 2 {
		ack(t, s, collect(t, s, 10, patience))
	}
	closing(t, s)
	if d, err := r.Depth(t.Context()); err != nil || *d.Ready != 0 {
		t.Errorf("depth %+v, %v", d, err)
	}

	_, err = r.Publisher(t.Context())
	hopeless(t, err, "no right to write topic pay.ments", "user "+users["recorder"])
	_, err = dial(t, as("publisher")).Source(t.Context(), queue.Want{Messages: 1})
	hopeless(t, err, "no right to read topic pay.ments", "user "+users["publisher"])
	_, err = dial(t, server.URL(users["recorder"], "pay.ments", "others")).Source(t.Context(), queue.Want{Messages: 1})
	hopeless(t, err, "GROUP_AUTHORIZATION_FAILED", "read group others")
	hopeless(t, dial(t, server.URL(users["migrator"], "payxments", "x")).Setup(t.Context()), "TOPIC_AUTHORIZATION_FAILED", "recibo migrate --print")

	if _, err := admin(t, bare).DeleteTopic(t.Context(), "pay.ments"); err != nil {
		t.Fatal(err)
	}
	ready(t, as("migrator")) // makes it
}

// shellWords are the words of a line as a shell reads them.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `printf '%s\n' `+line).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestCommandsForOddNames(t *testing.T) {
	text, err := kafka.Commands("kafka://app:s3cret@h1,h2:9999/x_y?sasl=plain&group=it's&partitions=12&replication=3")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--bootstrap-server h1:9092,h2:9999 --create", "--topic x_y --partitions 12 --replication-factor 3", `--group 'it'\''s'`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") {
		t.Error("the password is in it")
	}
	_, err = kafka.Commands("kafka://host/a/b")
	if _, ok := errors.AsType[*queue.ConfigError](err); !ok {
		t.Error(err)
	}
}
