package adapter_test

import (
	"net/url"
	"testing"

	"recibo/queue/adapter"
)

func TestCheckEscaped(t *testing.T) {
	for text, fine := range map[string]bool{
		"amqp://u:p@h:5672/v?queue=q":        true,
		"amqps://u:p@h/v?queue=a@b&tls=true": true,
		"amqp://u:p@h/a%40b?q=1#f":           true,
		"amqp://u:/s3cr3t@h/v":               false,
		"amqp://u:12/s3cr3t@h/v":             false,
		"amqp://u:12?s3cr3t@h/v?queue=q":     false,
		"amqp://u:12#s3cr3t@h/v":             false,
		"amqp://u:12?a=1&s3cr3t@h/v":         false,
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := adapter.CheckEscaped(u); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}
