package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"recibo/internal/config"
)

func TestMask(t *testing.T) {
	tests := map[string]string{
		"postgres://app:s3cr3t@db:5432/pay":       "postgres://app:***@db:5432/pay",
		"postgres://app:s3/c@r3t@db:5432/pay":     "postgres://app:***@db:5432/pay",
		"amqp://u:s3cr3t@h/v?queue=payments":      "amqp://u:***@h/v?queue=payments",
		"mongodb://h/db?authPassword=s3cr3t&x=1":  "mongodb://h/db?authPassword=***&x=1",
		"nats://s3cr3t@h:4222/payments":           "nats://***@h:4222/payments",
		"mysql://u:s3cr3t@h:bad port/db":          "mysql://u:***@h:bad port/db",
		"postgres://app@db/pay":                   "postgres://app@db/pay",
		"sqlite:./a@b:c.db":                       "sqlite:./a@b:c.db",
		"embedded:/data/queue":                    "embedded:/data/queue",
		"kafka://u:s3cr3t@h1:9092,h2:9092/t?g=r@": "kafka://u:***@h1:9092,h2:9092/t?g=r@",
		"amqp://u:s3?cr3t@h/v":                    "amqp://u:***@h/v",
	}
	for text, want := range tests {
		if got := config.Mask(text); got != want {
			t.Errorf("Mask(%q) = %q, want %q", text, got, want)
		}
	}
}

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
	a, err := config.ParseAddress("SQLite:./x.db")
	if err != nil || a.Scheme != "sqlite" || a.Rest() != "./x.db" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, text := range []string{"", "x.db", ":x", "sqlite:", "nats://", "9p:x", "app:s3cr3t@db"} {
		_, err := config.ParseAddress(text)
		if err == nil && text != "app:s3cr3t@db" {
			t.Errorf("%q was taken", text)
		}
	}
}
