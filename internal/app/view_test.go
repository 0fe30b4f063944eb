package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"recibo/internal/config"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
)

func TestMaskAccount(t *testing.T) {
	for in, want := range map[string]string{
		"BR1800360305000010009795493C1": "BR18***C1", "12345678": "***", "123456789": "1234***89", "": "***", "ação-çãoção": "ação***ão",
	} {
		if got := MaskAccount(in); got != want {
			t.Errorf("MaskAccount(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestPaymentMasksAccounts: the fingerprint goes with the accounts, since it
// would tell whoever tries them which one is the right one.
func TestPaymentMasksAccounts(t *testing.T) {
	p := &store.Payment{Event: payment.Event{TransactionID: "A-1", PayerAccount: "BR1800360305000010009795493C1", PayeeAccount: "12345678"}}
	p.Fingerprint = payment.FingerprintOf(&p.Event)
	if v := viewPayment(p, false); v.PayerAccount != "BR18***C1" || v.PayeeAccount != "***" || v.Fingerprint != nil {
		t.Errorf("masked: %+v", v)
	}
	v := viewPayment(p, true)
	if v.PayerAccount != p.PayerAccount || v.Fingerprint == nil || *v.Fingerprint != fmt.Sprintf("%x", p.Fingerprint) {
		t.Errorf("shown: %+v", v)
	}
}

func TestEntryMasksAccountsAndHidesTheBody(t *testing.T) {
	e := quarantine.New(quarantine.Conflict, []byte(`{"payer":"BR1800360305000010009795493C1"}`), "differs", []quarantine.FieldError{
		{Field: payment.FieldPayerAccount, Code: quarantine.CodeDiffers, Value: "BR1800360305000010009795493C1", Recorded: "BR1800360305000010009795493C2"},
		{Field: payment.FieldAmount, Code: quarantine.CodeDiffers, Value: "1.00", Recorded: "2.00"},
	}, time.Now())
	hidden, err := json.Marshal(viewEntry(e, false, false))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(hidden), "0036") || strings.Contains(string(hidden), `"body":`) {
		t.Errorf("shown %s", hidden)
	}
	shown := viewEntry(e, true, true)
	if shown.FieldErrors[0].Recorded != "BR1800360305000010009795493C2" || shown.Body == nil {
		t.Errorf("shown %+v", shown)
	}
	if e.FieldErrors[0].Value != "BR1800360305000010009795493C1" {
		t.Error("the entry itself was changed")
	}
}

// TestStatusJSON freezes the object of cli.md; what is unknown is null.
func TestStatusJSON(t *testing.T) {
	got, err := json.Marshal(viewStatus(store.Totals{Recorded: 2, Amount: map[payment.Currency]payment.Total{
		"BRL": payment.Total{}.Add(payment.Money{Minor: 12345678, Currency: "BRL"})}, Outages: 1,
		HeldBy: map[quarantine.Reason]int64{"invalid": 3}, States: map[quarantine.State]int64{"held": 3}}, queue.Depth{}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"payments":{"count":2,"amount":{"BRL":"123456.78"}},"duplicates":0,` +
		`"quarantine":{"held":3,"redriven":0,"resolved":0,"discarded":0,"by_reason":{"invalid":3}},` +
		`"queue":{"ready":null,"in_flight":null,"oldest_age_ms":null},"outages":{"open":0,"total":1}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCheckStatus(t *testing.T) {
	one, zero := int64(1), int64(0)
	second := time.Second
	tests := map[string]struct {
		c    config.Config
		s    Status
		want string
	}{
		"fine":            {config.Config{MaxHeld: &one, MaxReady: &one, MaxAge: &second}, Status{Queue: QueueDepth{Ready: &one}}, ""},
		"open outage":     {config.Config{}, Status{Outages: OutageTotals{Open: 1}}, "1 open outages"},
		"held":            {config.Config{MaxHeld: &zero}, Status{Quarantine: QuarantineTotals{Held: 1}}, "1 entries held"},
		"ready":           {config.Config{MaxReady: &zero}, Status{Queue: QueueDepth{Ready: &one}}, "1 messages ready"},
		"ready not known": {config.Config{MaxReady: &zero}, Status{}, "does not say"},
		"age":             {config.Config{MaxAge: &second}, Status{Queue: QueueDepth{OldestAgeMS: new(int64(1500))}}, "1.5s old"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := (&App{Config: &test.c}).CheckStatus(test.s)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestQueueName(t *testing.T) {
	for in, want := range map[string]string{"nats://u:p@h:4222/payments": "nats://h:4222/payments", "embedded:./q": "embedded:./q",
		"nats://h/p": "nats://h/p",
		"amqps://u:p@h/v?cacertfile=/etc/ca.pem&queue=payments": "amqps://h/v?queue=payments"} {
		a, err := config.ParseAddress(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := queueName(a); got != want {
			t.Errorf("queueName(%q) = %q, want %q", in, got, want)
		}
	}
}
