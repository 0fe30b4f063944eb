package config_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"recibo/internal/config"
)

func TestAddressNeverShowsItsPassword(t *testing.T) {
	a, err := config.ParseAddress("postgres://app:s3cr3t@db/pay")
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{a.String(), fmt.Sprintf("%v %+v %#v", a, a, a), string(inJSON), a.LogValue().String()} {
		if strings.Contains(shown, "s3cr3t") {
			t.Errorf("shown as %q", shown)
		}
	}
	if !strings.Contains(a.Full(), "s3cr3t") || !a.HasSecret() {
		t.Errorf("the address lost its password: %q", a.Full())
	}
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string][2]string{
		"SQLite:./x.db":                             {"sqlite", "./x.db"},
		"mysql://u@h/d":                             {"mysql", "//u@h/d"},
		"mongodb+srv://u@cluster.example/d":         {"mongodb+srv", "//u@cluster.example/d"},
		"kafka://h1:9092,h2:9092/payments?group=g":  {"kafka", "//h1:9092,h2:9092/payments?group=g"},
		"sqs://sa-east-1/payments.fifo":             {"sqs", "//sa-east-1/payments.fifo"},
		"sqs://r/q?endpoint=http://127.0.0.1:9324/": {"sqs", "//r/q?endpoint=http://127.0.0.1:9324/"},
	} {
		a, err := config.ParseAddress(text)
		if err != nil || a.Scheme != want[0] || a.Rest() != want[1] || a.HasSecret() {
			t.Errorf("%q: %s %q, secret %v, %v", text, a.Scheme, a.Rest(), a.HasSecret(), err)
		}
	}
	for _, text := range []string{"", "x.db", ":x", "sqlite:", "nats://", "9p:x", "9p:u:s3cr3t@h", "://u:s3cr3t@h", "Password=s3cr3t", "u:s3cr3t"} {
		_, err := config.ParseAddress(text)
		if err == nil && text != "u:s3cr3t" { // a scheme, for all we know
			t.Errorf("%q was taken", text)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: the error says %v", text, err)
		}
	}
}

// TestWithPassword: each scheme's address takes a password of any characters, and
// gives it back to whoever takes the address apart.
func TestWithPassword(t *testing.T) {
	const password = `p@s:s/w?r#d&=+ %41,;é"'`
	for text, want := range map[string]string{
		"nats://u@h:4222/payments":              "nats://u:PW@h:4222/payments",
		"amqps://u@h/v?queue=q@x":               "amqps://u:PW@h/v?queue=q@x",
		"kafka://u@h1:9092,h2:9092/p?g=1":       "kafka://u:PW@h1:9092,h2:9092/p?g=1",
		"postgres://u:old@h1,h2:5433/d?x=a@b":   "postgres://u:PW@h1,h2:5433/d?x=a@b",
		"postgres://u%40corp@[::1]:5432/d":      "postgres://u%40corp:PW@[::1]:5432/d",
		"mysql://u:@h/d":                        "mysql://u:PW@h/d",
		"mongodb://u@h1:27017,h2/d?replicaSet=": "mongodb://u:PW@h1:27017,h2/d?replicaSet=",
		"mongodb+srv://u@c.example/d":           "mongodb+srv://u:PW@c.example/d",
		"sqs://u@sa-east-1/q":                   "sqs://u:PW@sa-east-1/q",
	} {
		without, err := config.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		a, err := without.WithPassword(password)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := a.String(); got != strings.Replace(want, "PW", "***", 1) || !a.HasSecret() {
			t.Errorf("shown as %q", got)
		}
		// The user's part first, since url.Parse takes no hosts without a port in a list.
		before, after, _ := strings.Cut(want, "PW")
		written := strings.TrimSuffix(strings.TrimPrefix(a.Full(), before), after)
		if u, err := url.Parse("x://u:" + written + "@h"); err != nil || before+written+after != a.Full() {
			t.Errorf("the address became %q, %v", a.Full(), err)
		} else if got, _ := u.User.Password(); got != password || strings.ContainsAny(written, "@:/?#,;") {
			t.Errorf("%s: the password became %q", text, got)
		}
	}
	for _, text := range []string{"sqlite:./x.db", "kafka://h1,h2/t", "postgres://h/d?user=u@x", "nats://h/a@b", "sqs://sa-east-1/q"} {
		a, err := config.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := a.WithPassword(password); err == nil {
			t.Errorf("%s became %s", text, b.Full())
		}
	}
}
