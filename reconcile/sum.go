package reconcile

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"recibo/payment"
)

// Sum is how many payments there are, what they add up to in each currency, and
// the sum of their fingerprints. Its JSON leaves the fingerprints out.
type Sum struct {
	Count   int64
	Amounts map[payment.Currency]payment.Total
	Prints  payment.PrintSum
}

// Add counts one payment in.
func (s *Sum) Add(m payment.Money, p payment.Fingerprint) {
	s.count(m)
	s.Prints.Add(p)
}

// count adds what is known of a payment without its fingerprint.
func (s *Sum) count(m payment.Money) {
	s.Count++
	if s.Amounts == nil {
		s.Amounts = map[payment.Currency]payment.Total{}
	}
	s.Amounts[m.Currency] = s.Amounts[m.Currency].Add(m)
}

// Plus adds what a control total counts.
func (s *Sum) Plus(c *payment.ControlTotal) {
	s.Count += c.Count
	for currency, total := range c.Amounts {
		if s.Amounts == nil {
			s.Amounts = map[payment.Currency]payment.Total{}
		}
		s.Amounts[currency] = s.Amounts[currency].Plus(total)
	}
	s.Prints.Plus(c.Prints)
}

// Equal reports whether both count the same payments.
func (s *Sum) Equal(o *Sum) bool {
	return s.Prints == o.Prints && s.Minus(o).none()
}

// Minus is the difference to another sum.
func (s *Sum) Minus(o *Sum) Difference {
	d := Difference{Count: s.Count - o.Count, Amounts: map[payment.Currency]string{}}
	for _, amounts := range []map[payment.Currency]payment.Total{s.Amounts, o.Amounts} {
		for c := range amounts {
			mine, other := s.Amounts[c], o.Amounts[c]
			switch mine.Compare(other) {
			case 1:
				d.Amounts[c] = mine.Minus(other).Decimal(c)
			case -1:
				d.Amounts[c] = "-" + other.Minus(mine).Decimal(c)
			}
		}
	}
	return d
}

// MarshalJSON writes count and amounts.
func (s Sum) MarshalJSON() ([]byte, error) {
	return json.Marshal(Difference{s.Count, s.Decimals()})
}

// Decimals are the amounts as text, by currency.
func (s *Sum) Decimals() map[payment.Currency]string {
	decimals := make(map[payment.Currency]string, len(s.Amounts))
	for c, total := range s.Amounts {
		decimals[c] = total.Decimal(c)
	}
	return decimals
}

// Difference is what one sum has more than another: signed, exact. Currencies
// without a difference are left out.
type Difference struct {
	Count   int64                       `json:"count"`
	Amounts map[payment.Currency]string `json:"amounts"`
}

func (d Difference) none() bool { return d.Count == 0 && len(d.Amounts) == 0 }

// worth writes amounts for people: "BRL 451.25 and USD 3.00".
func worth(amounts map[payment.Currency]string) string {
	text := ""
	for i, c := range slices.Sorted(maps.Keys(amounts)) {
		if i > 0 {
			text += " and "
		}
		text += string(c) + " " + amounts[c]
	}
	return text
}

// counted is a number with what it counts: "1 payment", "3 payments".
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
