package config_test

import (
	"strings"
	"testing"

	"recibo/internal/config"
)

// FuzzAddress: any text is an address or an error; an address is read back the
// same, and is shown as Mask shows its text.
func FuzzAddress(f *testing.F) {
	for _, text := range []string{"", ":", "x.db", "sqlite:./x.db", "sqlite:/", "SQLite:x", "embedded:./queue", "nats://h:4222/payments", "nats://t0ken@h/p",
		"amqps://u:p@[::1]:5671/v?queue=q@x", "kafka://u:p@h1:9092,h2:9092/t?group=g", "sqs://sa-east-1/q.fifo?endpoint=http://u:p@h:1",
		"postgres://u:p%40@h1,h2:5432/d?password=x&sslmode=disable", "mysql://u:@h/d", "mongodb+srv://u:p@c.example/d?authMechanismProperties=a:b",
		"u:p@tcp(h:3306)/d", "host=h password=x", "9p:u:p@h", "://u:p@h", "jdbc:mysql://u:p@h/d", "a://b?c=d://e:f@g"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := config.ParseAddress(text)
		if err != nil {
			if a != (config.Address{}) {
				t.Fatalf("%q is refused, but read as %#v", text, a)
			}
			return
		}
		if a.Full() != a.Scheme+":"+a.Rest() || !strings.EqualFold(a.Full(), text) {
			t.Fatalf("%q became %q, which is %q and %q", text, a.Full(), a.Scheme, a.Rest())
		}
		if again, err := config.ParseAddress(a.Full()); err != nil || again != a {
			t.Fatalf("%q is read again as %#v, %v", text, again, err)
		}
		if a.HasSecret() != (a.String() != a.Full()) || a.String() != config.Mask(a.Full()) {
			t.Fatalf("%q is shown as %q", text, a)
		}
		// What begins like an address hides itself wholly or not at all.
		if b, err := a.WithPassword("ZqXsecretXqZ"); err == nil && (strings.Contains(b.String(), "ZqX") || !b.HasSecret()) {
			t.Fatalf("%q with a password is shown as %q", text, b)
		}
	})
}

// FuzzAddressError puts a password into what is no address: the error does not
// tell it.
func FuzzAddressError(f *testing.F) {
	for _, c := range [][2]string{{"", "@h"}, {"u:", "@h"}, {"9p:u:", "@h"}, {"://u:", "@h/d"}, {"a b://u:", "@h"}, {"sqlite", "@"},
		{"Password=", ""}, {"pwd : ", ";x"}, {"1://", "@h?x=y@z"}, {"é://u:", "@h"}} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "ZqXsecretXqZ"
		// Only what people write before a password and behind it makes one.
		if !strings.HasSuffix(before, ":") || !strings.HasPrefix(after, "@") || strings.ContainsAny(before+after[1:], "@?") {
			return
		}
		if _, err := config.ParseAddress(before + secret + after); err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error says %v", before+secret+after, err)
		}
	})
}
