package sqs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Commands returns what Setup does as commands of AWS's command line, and the
// least rights that Recibo's credentials need as IAM policies, for the queue at
// address. It connects to nothing; a wrong address is a *queue.ConfigError.
func Commands(address string) (string, error) {
	p, err := parse(address)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if p.account == "" {
		p.creation(&b)
	}
	roles := []struct{ who, actions string }{
		{"recibo record, with the queue made beforehand", recorderActions},
		{"recibo simulate, publish and quarantine redrive, with the queue made beforehand", publisherActions},
		{"recibo migrate --queue, which makes the queue", migratorActions},
	}
	for _, role := range roles {
		actions := strings.Fields(role.actions)
		resources := []string{p.arn(p.queue), p.arn(p.deadLetters)}
		if role.actions == publisherActions {
			resources = resources[:1]
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "# %s\n%s\n", role.who, policy(actions, resources))
	}
	return b.String(), nil
}

// What each account calls, and nothing else. The batches of an action have its
// right; TagQueue is asked for when a queue is made with a tag.
const (
	recorderActions  = "ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage"
	publisherActions = "GetQueueAttributes GetQueueUrl SendMessage"
	migratorActions  = "CreateQueue GetQueueAttributes GetQueueUrl TagQueue"
)

// creation is the commands that make the queue. The account's number is not in
// the address, so the shell asks for it.
func (p *place) creation(b *strings.Builder) {
	sqs := "aws sqs --region " + p.region
	if p.endpoint != "" {
		sqs += " --endpoint-url " + quoted(p.endpoint)
	}
	create := func(name string, attributes map[string]string) string {
		return fmt.Sprintf("%s create-queue --queue-name %s --tags %s --attributes", sqs, name, tags()) + " " + shellJSON(attributes)
	}
	fmt.Fprintf(b, "# the dead letters, and the queue whose redrive policy names them\n%s\n", create(p.deadLetters, p.deadAttributes()))
	fmt.Fprintf(b, "DEAD=$(%s get-queue-attributes --queue-url \"$(%s get-queue-url --queue-name %s --output text)\" --attribute-names QueueArn --query Attributes.QueueArn --output text)\n",
		sqs, sqs, p.deadLetters)
	fmt.Fprintf(b, "%s\n", create(p.queue, p.attributes(deadVariable)))
}

// deadVariable stands for the ARN that only the server knows, in double
// quotation marks of the shell.
const deadVariable = "'\"$DEAD\"'"

// shellJSON is one word for a POSIX shell, in which $DEAD is replaced.
func shellJSON(attributes map[string]string) string {
	text := compact(attributes)
	return "'" + strings.ReplaceAll(text, compactText(deadVariable), deadVariable) + "'"
}

// compactText is how a text looks within a JSON text within a JSON text.
func compactText(s string) string {
	for range 2 {
		s = compact(s)
		s = s[1 : len(s)-1]
	}
	return s
}

func compact(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // texts and maps of them
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func tags() string {
	var all []string
	for name, value := range mark {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// arn names a queue in a policy. Without an account in the address it stands
// for that of the credentials.
func (p *place) arn(name string) string {
	account := p.account
	if account == "" {
		account = "ACCOUNT"
	}
	return "arn:" + p.partition() + ":sqs:" + p.region + ":" + account + ":" + name
}

func (p *place) partition() string {
	switch {
	case strings.HasPrefix(p.region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(p.region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect   string
	Action   []string
	Resource []string
}

func policy(actions, resources []string) string {
	for i := range actions {
		actions[i] = "sqs:" + actions[i]
	}
	text, err := json.MarshalIndent(document{"2012-10-17", []statement{{"Allow", actions, resources}}}, "", "  ")
	if err != nil {
		panic(err) // texts
	}
	return string(text)
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
