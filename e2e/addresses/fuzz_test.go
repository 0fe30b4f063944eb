package addresses_test

import (
	"net/url"
	"strings"
	"testing"

	"recibo/queue/kafka"
	"recibo/queue/rabbitmq"
	"recibo/queue/sqs"
)

// commands read an address and print what makes the queue by hand.
var commands = map[string]func(string) (string, error){
	"kafka": kafka.Commands, "amqp": rabbitmq.Commands, "amqps": rabbitmq.Commands, "sqs": sqs.Commands,
}

var forms = []string{
	"kafka://app:PW@h1:9092,h2:9092/payments?group=g&tls=true", "amqp://app:PW@h:5672/v?queue=q", "amqps://app:PW@[::1]:5671/%2F?queue=a@b&heartbeat=5",
	"sqs://app:PW@sa-east-1/payments.fifo?endpoint=http://127.0.0.1:1", "kafka://app:PW@h/t?sasl=scram-sha-512", "sqs://AK:PW@sa-east-1/q?visibility_timeout=30",
}

// FuzzCommands puts a password and anything behind the address into the forms
// that addresses have: neither what is printed nor an error tells the password.
func FuzzCommands(f *testing.F) {
	for i := range 2 * len(forms) {
		for _, rest := range []string{"", "&", "&x=1", "?", "#", "&queue=", "/", "&group=a b", "&endpoint=ftp://x", "%zz", "@", "&heartbeat=-1", "&partitions=0", "\x00", "&;"} {
			f.Add(uint8(i), "s3cr3t", rest)
		}
		for _, password := range []string{"", "/", "12/", "12?", "12#", "12?a&", "p@ss", "a/b?c#d", "%40%", "1,2:3", "x=1&y=2;z", "://", "é \n", "[::1]", "\x7f"} {
			f.Add(uint8(i), password, "")
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, password, rest string) {
		const first, last = "ZqX", "XqZ" // stand in no address
		if password += last; n&1 == 0 {
			password = first + password
		}
		form := forms[int(n/2)%len(forms)] + rest
		scheme, _, _ := strings.Cut(form, ":")
		for _, written := range []string{url.QueryEscape(password), password} {
			said, err := commands[scheme](strings.Replace(form, "PW", written, 1))
			if err != nil {
				said = err.Error()
			}
			if written == password && isAddress(password) {
				continue
			}
			if strings.Contains(said, first) || strings.Contains(said, last) {
				t.Fatalf("%q says %q, %v", strings.Replace(form, "PW", written, 1), said, err)
			}
		}
	})
}

// isAddress tells a password that was not escaped and looks itself like the rest
// of an address, or what comes behind it as a parameter: nobody could tell.
func isAddress(password string) bool {
	return strings.Contains(password, "@") || strings.Contains(password, "?") && strings.Contains(password, "=")
}
