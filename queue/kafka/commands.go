package kafka

import (
	"fmt"
	"strings"
)

// Commands returns what Setup does as a command of kafka-topics.sh, and the
// least rights that Recibo's accounts need as commands of kafka-acls.sh, for
// the topic and group at address. It connects to nothing; a wrong address is a
// *queue.ConfigError.
func Commands(address string) (string, error) {
	p, err := parse(address)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	server := "--bootstrap-server " + strings.Join(p.hosts, ",")
	b.WriteString("# the topic; where these want a login add --command-config FILE\n")
	replicas := ""
	if p.replicas > 0 {
		replicas = fmt.Sprintf(" --replication-factor %d", p.replicas)
	}
	fmt.Fprintf(&b, "kafka-topics.sh %s --create --if-not-exists --topic %s --partitions %d%s --config %s=delete\n", server, p.topic, p.partitions, replicas, cleanup)

	b.WriteString("\n# rights, where the brokers have an authorizer: put your accounts' names in\n")
	grant := func(what, user string, rights ...string) {
		fmt.Fprintf(&b, "# %s\n", what)
		for _, right := range rights {
			fmt.Fprintf(&b, "kafka-acls.sh %s --add --allow-principal User:%s %s\n", server, user, right)
		}
	}
	topic := " --topic " + p.topic
	grant("recibo record, with the topic made beforehand", "recorder",
		"--operation Read --operation DescribeConfigs"+topic, "--operation Read --group "+quoted(p.group))
	grant("recibo simulate, publish and quarantine redrive, with the topic made beforehand", "publisher",
		"--operation Write"+topic)
	grant("recibo migrate --queue, which makes the topic", "migrator",
		"--operation Create --operation Describe"+topic)
	return b.String(), nil
}

// quoted is one word for a POSIX shell.
func quoted(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !legal(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
