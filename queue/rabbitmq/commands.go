package rabbitmq

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Commands returns what Setup does as commands of rabbitmqadmin, and the least
// rights that Recibo's accounts need as commands of rabbitmqctl, for the queue
// at address. It connects to nothing; a wrong address is a *queue.ConfigError.
func Commands(address string) (string, error) {
	p, err := parse(address)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	admin := "rabbitmqadmin -V " + quoted(p.vhost) + " declare "
	declare := func(name string, arguments amqp.Table) {
		fmt.Fprintf(&b, "%squeue name=%s durable=true arguments=%s\n", admin, quoted(name), quoted(compact(arguments)))
	}
	b.WriteString("# the queue and its dead letters; on RabbitMQ 4.0 and later add \"x-delivery-limit\":-1 to the arguments of both queues\n")
	fmt.Fprintf(&b, "%sexchange name=%s type=fanout durable=true\n", admin, quoted(p.exchange()))
	declare(p.deadLetters, p.deadArguments(release{3, 10})[0])
	fmt.Fprintf(&b, "%sbinding source=%s destination=%s destination_type=queue routing_key=\n", admin, quoted(p.exchange()), quoted(p.deadLetters))
	declare(p.queue, p.paymentArguments(release{3, 10})[0])

	both := exactly(p.queue, p.deadLetters)
	all := exactly(p.queue, p.deadLetters, p.exchange())
	grant := func(what, user, configure, write, read string) {
		fmt.Fprintf(&b, "# %s\nrabbitmqctl set_permissions -p %s %s %s %s %s\n", what, quoted(p.vhost), user, quoted(configure), quoted(write), quoted(read))
	}
	b.WriteString("\n# each command sets all rights of one account in this virtual host: put your accounts' names in\n")
	grant("recibo record, with the queue made beforehand", "recorder", "^$", "^$", both)
	grant("recibo simulate, publish and quarantine redrive, with the queue made beforehand", "publisher", "^$", "^amq\\.default$", "^$")
	grant("recibo migrate --queue, which makes the queue", "migrator", all, all, all)
	return b.String(), nil
}

// exactly is a pattern for these names and no others.
func exactly(names ...string) string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = regexp.QuoteMeta(name)
	}
	return "^(" + strings.Join(patterns, "|") + ")$"
}

// quoted is one word for a POSIX shell.
func quoted(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plainInShell(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func plainInShell(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:", r)
}

func compact(arguments amqp.Table) string {
	text, err := json.Marshal(map[string]any(maps.Clone(arguments)))
	if err != nil {
		return err.Error() // it does not happen: texts and numbers
	}
	return string(text)
}
