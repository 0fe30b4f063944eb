package payment_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"recibo/payment"
)

func validControl() payment.ControlTotal {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := payment.ControlTotal{Window: payment.Window{Source: "mobile-app", Producer: "app-1", From: at, Until: at.Add(time.Minute)}}
	c.Add(payment.Money{Minor: 45125, Currency: "BRL"}, payment.Fingerprint{1})
	return c
}

func TestValidateControl(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*payment.ControlTotal)
		want   string
	}{
		"nothing":             {func(*payment.ControlTotal) {}, ""},
		"no source":           {func(c *payment.ControlTotal) { c.Source = "" }, ""},
		"a blank source":      {func(c *payment.ControlTotal) { c.Source = " " }, "source: blank"},
		"no producer":         {func(c *payment.ControlTotal) { c.Producer = "" }, "producer: empty"},
		"a long producer":     {func(c *payment.ControlTotal) { c.Producer = strings.Repeat("p", 65) }, "producer: too_long"},
		"no times":            {func(c *payment.ControlTotal) { c.From, c.Until = time.Time{}, time.Time{} }, "from: out_of_range; until: out_of_range"},
		"a zone":              {func(c *payment.ControlTotal) { c.From = c.From.In(time.FixedZone("x", 60)) }, "from: out_of_range"},
		"microseconds":        {func(c *payment.ControlTotal) { c.Until = c.Until.Add(time.Microsecond) }, "until: out_of_range"},
		"no length":           {func(c *payment.ControlTotal) { c.Until = c.From }, "until: out_of_range"},
		"366 days":            {func(c *payment.ControlTotal) { c.Until = c.From.AddDate(0, 0, 366) }, ""},
		"more than 366 days":  {func(c *payment.ControlTotal) { c.Until = c.From.AddDate(0, 0, 366).Add(time.Millisecond) }, "until: out_of_range"},
		"less than nothing":   {func(c *payment.ControlTotal) { c.Count = -1 }, "count: out_of_range"},
		"the most":            {func(c *payment.ControlTotal) { c.Count = payment.MaxControlCount }, ""},
		"one more":            {func(c *payment.ControlTotal) { c.Count = payment.MaxControlCount + 1 }, "count: out_of_range"},
		"payments of nothing": {func(c *payment.ControlTotal) { c.Amounts = nil }, "amounts: empty"},
		"amounts of nothing":  {func(c *payment.ControlTotal) { c.Count, c.Prints = 0, payment.PrintSum{} }, "amounts: not_zero"},
		"prints of nothing":   {func(c *payment.ControlTotal) { c.Count, c.Amounts = 0, nil }, "fingerprint_sum: not_zero"},
		"nothing happened":    {func(c *payment.ControlTotal) { c.Count, c.Amounts, c.Prints = 0, nil, payment.PrintSum{} }, ""},
		"gold":                {func(c *payment.ControlTotal) { c.Amounts["XAU"] = c.Amounts["BRL"] }, "amounts.XAU: unknown_currency"},
		"a zero amount":       {func(c *payment.ControlTotal) { c.Amounts["USD"] = payment.Total{} }, "amounts.USD: zero"},
		"an amount too large": {func(c *payment.ControlTotal) {
			half, _ := payment.ParseTotal("1701411834604692317316873037158841057.27", "BRL")
			c.Amounts["BRL"] = half.Add(payment.Money{Minor: 1, Currency: "BRL"})
		}, "amounts.BRL: out_of_range"},
	} {
		t.Run(name, func(t *testing.T) {
			c := validControl()
			test.change(&c)
			if got := payment.ValidateControl(&c).Error(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestParseControlAmountReadsDecimal: what a total writes comes back, and every
// other way to write it does not.
func TestParseControlAmountReadsDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var total payment.Total
		m := amounts.Draw(t, "amount")
		for range rapid.IntRange(1, 4).Draw(t, "payments") {
			total = total.Add(m)
		}
		text := total.Decimal(m.Currency)
		if back, fault := payment.ParseControlAmount(text, m.Currency); fault != nil || back != total {
			t.Fatalf("%s %s comes back as %v, %+v", text, m.Currency, back, fault)
		}
		other := rapid.SampledFrom([]string{"0" + text, text + "0", " " + text, "+" + text, "-" + text, text + ".", text[:len(text)-1] + "x"}).Draw(t, "other")
		if back, fault := payment.ParseControlAmount(other, m.Currency); fault == nil && (other != text+"0" || strings.Contains(text, ".")) {
			t.Fatalf("%q is read as %v", other, back)
		}
	})
}
