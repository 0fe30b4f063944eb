package config_test

import (
	"net/url"
	"strings"
	"testing"

	"recibo/internal/config"
)

func TestMask(t *testing.T) {
	tests := map[string]string{
		// users
		"postgres://app:s3cr3t@db:5432/pay":        "postgres://app:***@db:5432/pay",
		"amqp://u:s3cr3t@h/v?queue=payments":       "amqp://u:***@h/v?queue=payments",
		"kafka://u:s3cr3t@h1:9092,h2:9092/t?g=r@":  "kafka://u:***@h1:9092,h2:9092/t?g=r@",
		"mongodb://u:s3%40cr3t@h1,h2:27017/d":      "mongodb://u:***@h1,h2:27017/d",
		"mongodb+srv://u:s3cr3t@c.example/d?w=1":   "mongodb+srv://u:***@c.example/d?w=1",
		"mysql://u%40corp:s3cr3t@[::1]:3306/d":     "mysql://u%40corp:***@[::1]:3306/d",
		"sqs://AKIA:s3cr3t@sa-east-1/q":            "sqs://AKIA:***@sa-east-1/q",
		"nats://s3cr3t@h:4222/payments":            "nats://***@h:4222/payments",
		"nats://u:s3cr3t@h1,nats://v:s3cr3t@h2/p":  "nats://u:***@h2/p",
		"jdbc:mysql://u:s3cr3t@h/d":                "jdbc:***@h/d",
		"postgres://app@db/pay?options=a@b":        "postgres://app@db/pay?options=a@b",
		"postgres://h:5432/pay?user=me@tenant":     "postgres://h:5432/pay?user=me@tenant",
		"kafka://h1:9092,h2:9092/t?group=team@x":   "kafka://h1:9092,h2:9092/t?group=team@x",
		"mysql://u:@h/d":                           "mysql://u:@h/d",
		"sqs://sa-east-1/payments.fifo":            "sqs://sa-east-1/payments.fifo",
		"sqs://r/q?endpoint=http://127.0.0.1:9324": "sqs://r/q?endpoint=http://127.0.0.1:9324",
		// not escaped
		"postgres://app:s3/c@r3t@db:5432/pay": "postgres://app:***@db:5432/pay",
		"amqp://u:s3?cr3t@h/v":                "amqp://u:***@h/v",
		"amqp://u:s3@c?r3t@h/v?queue=q":       "amqp://u:***@h/v?queue=q",
		"amqp://u:s3@c?r=3t@h/v?queue=q":      "amqp://u:***@h/v?queue=q",
		"kafka://u:s3/c?r=3t@h1,h2/t":         "kafka://u:***@h1,h2/t",
		"mysql://u:s3cr3t@h:bad port/db":      "mysql://u:***@h:bad port/db",
		"nats://s3?cr3t@h/p":                  "nats://***@h/p",
		// parameters
		"mongodb://h/db?authPassword=s3cr3t&x=1":                     "mongodb://h/db?authPassword=***&x=1",
		"postgres://h/d?user=u&password=s3cr3t&sslpassword=s3cr3t":   "postgres://h/d?user=u&password=***&sslpassword=***",
		"postgres://h/d?p%61ssword=s3cr3t":                           "postgres://h/d?p%61ssword=***",
		"postgres://h/d?a=1;password=s3;cr3t&b=2":                    "postgres://h/d?a=1;password=***&b=2",
		"postgres://h/d?password=s3=cr3t":                            "postgres://h/d?password=***",
		"postgres://h/d?password=&passfile=/x/pgpass":                "postgres://h/d?password=&passfile=/x/pgpass",
		"mongodb://h/d?tlsCertificateKeyFilePassword=s3cr3t":         "mongodb://h/d?tlsCertificateKeyFilePassword=***",
		"mongodb://h/d?authMechanismProperties=AWS_SESSION_TOKEN:s3": "mongodb://h/d?authMechanismProperties=***",
		"sqs://r/q?secret_access_key=s3cr3t&Session-Token=s3cr3t":    "sqs://r/q?secret_access_key=***&Session-Token=***",
		"sqs://r/q?endpoint=http://u:s3cr3t@h:9324&x=1":              "sqs://r/q?endpoint=***&x=1",
		"sqs://r/q?endpoint=http%3A%2F%2Fu%3As3cr3t%40h":             "sqs://r/q?endpoint=***",
		"kafka://u:s3@h1,h2/t?sasl_password=s3cr3t&tls=true":         "kafka://u:***@h1,h2/t?sasl_password=***&tls=true",
		// other forms
		"sqlite:./a@b:c.db":              "sqlite:./a@b:c.db",
		"sqlite:/data/token=1.db":        "sqlite:/data/token=1.db",
		"embedded:/data/queue":           "embedded:/data/queue",
		"app:s3cr3t@tcp(h:3306)/d":       "app:***@tcp(h:3306)/d",
		"postgres:host=h password=s3 cr": "postgres:host=h password=***",
		"Server=h;Pwd = s3cr3t;Db=d":     "Server=h;Pwd = ***",
		"nats:u:s3cr3t@h":                "nats:***@h",
		"":                               "",
		"x.db":                           "x.db",
	}
	for text, want := range tests {
		if got := config.Mask(text); got != want {
			t.Errorf("Mask(%q) = %q, want %q", text, got, want)
		}
		if got := config.Mask(want); got != want {
			t.Errorf("Mask(%q) = %q: masked twice", want, got)
		}
	}
}

// FuzzMask puts a password wherever an address has one, as it should be written
// and as people write it.
func FuzzMask(f *testing.F) {
	for _, password := range []string{"", "s3cr3t", "p@ss", "a/b?c#d", "%40%", "1,2:3", "x=1&y=2;z", "://", "é \n", "http://u:p@h", "@h?x", "/d?x=", "[::1]", "pass=1"} {
		for scheme := range uint8(9) {
			f.Add(password, scheme)
		}
	}
	addresses := []string{"nats://app:PW@h:4222/s", "amqp://app:PW@h/v?queue=q", "amqps://app:PW@[::1]:5671/?queue=a@b", "kafka://app:PW@h1:9092,h2:9092/t?group=g@x",
		"sqs://app:PW@sa-east-1/q.fifo?endpoint=http://127.0.0.1:1", "postgres://app:PW@h1,h2:5432/d?sslmode=disable", "mysql://app:PW@h:3306/d",
		"mongodb://app:PW@h1:27017,h2:27017/d?replicaSet=r", "mongodb+srv://app:PW@c.example/d"}
	f.Fuzz(func(t *testing.T, password string, scheme uint8) {
		const first, last = "ZqX", "XqZ" // stand in no address
		password = first + password + last
		form := addresses[int(scheme)%len(addresses)]
		want := strings.Replace(form, "PW", "***", 1)
		for _, written := range []string{url.QueryEscape(password), strings.TrimPrefix(url.UserPassword("", password).String(), ":")} {
			if got := config.Mask(strings.Replace(form, "PW", written, 1)); got != want {
				t.Errorf("as %q it is %q, want %q", written, got, want)
			}
		}
		a, err := config.ParseAddress(strings.Replace(form, ":PW", "", 1))
		if err != nil {
			t.Fatal(err)
		}
		if a, err = a.WithPassword(password); err != nil || a.String() != want {
			t.Errorf("from a file it is %s, %v; want %s", a, err, want)
		}
		parameter := config.Mask("mongodb://h/d?x=1&authPassword=" + url.QueryEscape(password) + "&y=2")
		if parameter != "mongodb://h/d?x=1&authPassword=***&y=2" {
			t.Errorf("as a parameter it is %q", parameter)
		}
		// Not escaped, nothing of it shows, unless it is itself the rest of an
		// address: nobody could tell.
		if strings.Contains(password, "@") && strings.Contains(password, "/") && strings.Contains(password, "?") && strings.Contains(password, "=") {
			return
		}
		for _, raw := range []string{strings.Replace(form, "PW", password, 1), "app:" + password + "@tcp(h)/d"} {
			if got := config.Mask(raw); strings.Contains(got, first) || strings.Contains(got, last) {
				t.Errorf("%q is shown as %q", raw, got)
			}
		}
	})
}
