package payment

import (
	"cmp"
	"errors"
	"math/big"
	"math/bits"
	"strings"
)

// Total is an exact sum of amounts of one currency, in minor units. It holds
// 2^127: the sum of every payment that fits into a table.
type Total struct{ hi, lo uint64 }

// ErrBadTotal is returned by ParseTotal for a text that is no total.
var ErrBadTotal = errors.New("not a decimal total")

// Add returns the total with m added. Amounts below zero count as zero.
func (t Total) Add(m Money) Total {
	return t.Plus(Total{lo: uint64(max(0, m.Minor))})
}

// Plus returns the sum of two totals of the same currency.
func (t Total) Plus(u Total) Total {
	lo, carry := bits.Add64(t.lo, u.lo, 0)
	hi, _ := bits.Add64(t.hi, u.hi, carry)
	return Total{hi: hi, lo: lo}
}

// Decimal writes the total with the currency's decimals: "123456.78".
func (t Total) Decimal(c Currency) string {
	decimals, _ := c.Decimals()
	digits := t.big().String()
	digits = strings.Repeat("0", max(0, decimals+1-len(digits))) + digits
	if decimals == 0 {
		return digits
	}
	point := len(digits) - decimals
	return digits[:point] + "." + digits[point:]
}

// ParseTotal reads what Decimal wrote.
func ParseTotal(text string, c Currency) (Total, error) {
	decimals, _ := c.Decimals()
	whole, fraction, pointed := strings.Cut(text, ".")
	if pointed != (decimals > 0) || len(fraction) != decimals || !isDigits(whole) || (pointed && !isDigits(fraction)) {
		return Total{}, ErrBadTotal
	}
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok || n.BitLen() > 127 {
		return Total{}, ErrBadTotal
	}
	var b [16]byte
	n.FillBytes(b[:])
	var t Total
	for i := range 8 {
		t.hi = t.hi<<8 | uint64(b[i])
		t.lo = t.lo<<8 | uint64(b[i+8])
	}
	return t, nil
}

func (t Total) big() *big.Int {
	n := new(big.Int).SetUint64(t.hi)
	n.Lsh(n, 64)
	return n.Or(n, new(big.Int).SetUint64(t.lo))
}

// Compare orders totals of the same currency.
func (t Total) Compare(u Total) int {
	return cmp.Or(cmp.Compare(t.hi, u.hi), cmp.Compare(t.lo, u.lo))
}

// Minus returns what is left of the total when u, which is no more than it, is
// taken away.
func (t Total) Minus(u Total) Total {
	lo, borrow := bits.Sub64(t.lo, u.lo, 0)
	hi, _ := bits.Sub64(t.hi, u.hi, borrow)
	return Total{hi: hi, lo: lo}
}
