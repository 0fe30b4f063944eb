package simulator_test

import (
	"regexp"
	"testing"
	"time"

	"recibo/payment"
	"recibo/simulator"
)

var (
	endToEndID = regexp.MustCompile(`^E[0-9A-Z]{8}(\d{12})[A-Za-z0-9]{11}$`)
	tedID      = regexp.MustCompile(`^TED\d{8}(\d{8})[A-Za-z0-9]{11}$`)
	cardID     = regexp.MustCompile(`^card_[A-Za-z0-9]{11}$`)
	uuid       = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	boleto     = regexp.MustCompile(`^\d{44}$|^\d{47}$`)
	brIBAN     = regexp.MustCompile(`^BR\d{2}\d{8}\d{5}\d{10}[CP]1$`)
	otherKey   = regexp.MustCompile(`^\+55\d{2}9\d{8}$|^[a-z]+\.[a-z]+\d{3}@example\.com$|^\d{11}$|^[0-9A-Z]{8}0001\d{2}$`)
)

// tally counts what a long stream is made of.
type tally struct {
	methods, sources, currencies map[string]int
	payers                       map[string]int
	payees                       map[string]int
	round, huge                  int
}

func TestBrazil(t *testing.T) {
	c := tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, 0, 0}
	g := simulator.New(simulator.Config{Seed: 11})
	const count = 100_000
	for range count {
		e := g.Next().Event
		checkID(t, e)
		checkAccounts(t, e)
		if fs := payment.Validate(e); fs != nil {
			t.Fatalf("%s: %v", e.TransactionID, fs)
		}
		c.methods[e.Method]++
		c.sources[e.Source]++
		c.currencies[string(e.Amount.Currency)]++
		c.payers[e.PayerAccount]++
		c.payees[e.PayeeAccount]++
		if e.Amount.Minor%100 == 0 {
			c.round++
		}
		if e.Amount.Minor > 100_000_000 {
			c.huge++
		}
	}
	c.check(t, count)
}

func (c *tally) check(t *testing.T, count int) {
	t.Helper()
	between := func(what string, got, least, most int) {
		t.Helper()
		if got < least || got > most {
			t.Errorf("%s: %d, want %d to %d", what, got, least, most)
		}
	}
	between("pix", c.methods["pix"], count*69/100, count*71/100)
	for _, m := range []string{"boleto", "ted", "card", "wallet"} {
		between(m, c.methods[m], count/50, count/5)
	}
	for _, s := range []string{"mobile-app", "internet-banking", "api", "pos", "batch"} {
		between(s, c.sources[s], count/50, count*6/10)
	}
	foreign := 0
	for _, k := range []string{"USD", "EUR", "JPY", "CLP"} {
		between(k, c.currencies[k], 1, count/100)
		foreign += c.currencies[k]
	}
	between("other currencies", foreign, count*4/1000, count*6/1000)
	between("round amounts", c.round, count*4/10, count*6/10)
	between("above a million", c.huge, 1, count/100)
	between("payers", len(c.payers), 3000, 5000)
	between("busiest payer", slicesMax(c.payers), count/50, count/10)
	between("busiest payee", slicesMax(c.payees), count/100, count/10)
}

func slicesMax(counts map[string]int) int {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	return most
}

func checkID(t *testing.T, e *payment.Event) {
	t.Helper()
	ok := true
	switch id := e.TransactionID; e.Method {
	case "pix":
		m := endToEndID.FindStringSubmatch(id)
		ok = m != nil && m[1] == e.OccurredAt.UTC().Format("200601021504") && id[1:9] == e.PayerAccount[4:12]
	case "ted":
		m := tedID.FindStringSubmatch(id)
		ok = m != nil && m[1] == e.OccurredAt.UTC().Format("20060102")
	case "card":
		ok = cardID.MatchString(id)
	case "wallet":
		ok = uuid.MatchString(id)
	case "boleto":
		ok = boleto.MatchString(id) && checkBoleto(id, e.Amount)
	}
	if !ok {
		t.Fatalf("%s at %s has the id %s", e.Method, e.OccurredAt.Format(time.RFC3339), e.TransactionID)
	}
}

// checkBoleto puts a typed line back together as a barcode, and looks at the
// check digit and the amount.
func checkBoleto(id string, m payment.Money) bool {
	if len(id) == 47 {
		for _, field := range []string{id[0:10], id[10:21], id[21:32]} {
			if luhn(field) != 0 {
				return false
			}
		}
		id = id[0:4] + id[32:33] + id[33:47] + id[4:9] + id[10:20] + id[21:31]
	}
	sum := 0
	others := id[:4] + id[5:]
	for i := range others {
		sum += int(others[len(others)-1-i]-'0') * (2 + i%8)
	}
	want := 11 - sum%11
	if want > 9 {
		want = 1
	}
	amount := int64(0)
	for _, d := range id[9:19] {
		amount = amount*10 + int64(d-'0')
	}
	return int(id[4]-'0') == want && amount == m.Minor
}

// luhn is the sum modulo 10 of digits of which the last is the check digit.
func luhn(digits string) int {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i]-'0') * (1 + i%2)
		sum += d/10 + d%10
	}
	return sum % 10
}

func checkAccounts(t *testing.T, e *payment.Event) {
	t.Helper()
	if !brIBAN.MatchString(e.PayerAccount) {
		t.Fatalf("payer %s", e.PayerAccount)
	}
	if !brIBAN.MatchString(e.PayeeAccount) && !uuid.MatchString(e.PayeeAccount) && !otherKey.MatchString(e.PayeeAccount) {
		t.Fatalf("payee %s", e.PayeeAccount)
	}
	for _, account := range []string{e.PayerAccount, e.PayeeAccount} {
		if brIBAN.MatchString(account) && ibanRest(account) != 1 {
			t.Fatalf("the check digits of %s are wrong", account)
		}
	}
}

// ibanRest spells the letters as numbers and divides by 97, digit by digit.
func ibanRest(account string) int {
	rest := 0
	for _, c := range account[4:] + account[:4] {
		if c >= 'A' {
			rest = rest*10 + int(c-'A'+10)/10
			rest = rest%97*10 + int(c-'A'+10)%10
		} else {
			rest = rest*10 + int(c-'0')
		}
		rest %= 97
	}
	return rest
}
