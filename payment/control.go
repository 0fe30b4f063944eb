package payment

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"time"
)

// Window is a stretch of time of one source, as one producer saw it: payments
// that occurred in [From, Until). Both are UTC in whole milliseconds.
type Window struct {
	Source   string // of the payments; empty for those that name none
	Producer string // who counted them
	From     time.Time
	Until    time.Time
}

// ID names the window in 32 hexadecimal digits: the first 16 bytes of the
// SHA-256 of its four values as netstrings, the times as TimeLayout has them.
func (w *Window) ID() string {
	var scratch [256]byte
	b := append(scratch[:0], "17:recibo-control-v1,"...)
	b = appendNet(b, w.Source)
	b = appendNet(b, w.Producer)
	b = appendNet(b, w.From.UTC().Format(TimeLayout))
	b = appendNet(b, w.Until.UTC().Format(TimeLayout))
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// ControlTotal is what a producer says about all payments of a window: how many
// distinct ids, what they add up to in each currency, and the sum of their
// fingerprints. It finds what is missing, too many or changed. It is no
// signature: whoever can write payments can make totals that fit.
type ControlTotal struct {
	Window
	Count   int64
	Amounts map[Currency]Total // of each currency that occurred
	Prints  PrintSum
}

// Add counts one payment in. Each id is to be added once.
func (c *ControlTotal) Add(m Money, p Fingerprint) {
	c.Count++
	if c.Amounts == nil {
		c.Amounts = map[Currency]Total{}
	}
	c.Amounts[m.Currency] = c.Amounts[m.Currency].Add(m)
	c.Prints.Add(p)
}

// PrintSum is a sum of fingerprints modulo 2^256, each read as one number with
// its most significant byte first.
type PrintSum [sha256.Size]byte

// Add adds a fingerprint.
func (s *PrintSum) Add(p Fingerprint) { s.Plus(PrintSum(p)) }

// Plus adds another sum.
func (s *PrintSum) Plus(o PrintSum) {
	carry := uint64(0)
	for i := len(s) - 8; i >= 0; i -= 8 {
		var sum uint64
		sum, carry = bits.Add64(word(s[i:]), word(o[i:]), carry)
		putWord(s[i:], sum)
	}
}

// Minus takes another sum away.
func (s *PrintSum) Minus(o PrintSum) {
	borrow := uint64(0)
	for i := len(s) - 8; i >= 0; i -= 8 {
		var rest uint64
		rest, borrow = bits.Sub64(word(s[i:]), word(o[i:]), borrow)
		putWord(s[i:], rest)
	}
}

func (s PrintSum) String() string { return hex.EncodeToString(s[:]) }

func word(b []byte) (n uint64) {
	for _, c := range b[:8] {
		n = n<<8 | uint64(c)
	}
	return n
}

func putWord(b []byte, n uint64) {
	for i := range 8 {
		b[i] = byte(n >> (56 - 8*i))
	}
}

// Names of the fields of a control total that can differ.
const (
	FieldCount          = "count"
	FieldAmounts        = "amounts"
	FieldFingerprintSum = "fingerprint_sum"
)

// DiffControl names what differs between two control totals of one window; nil
// means that they say the same.
func DiffControl(recorded, arrived *ControlTotal) []Difference {
	var ds []Difference
	add := func(field, r, a string) {
		if r != a {
			ds = append(ds, Difference{Field: field, Recorded: r, Arrived: a})
		}
	}
	add(FieldCount, strconv.FormatInt(recorded.Count, 10), strconv.FormatInt(arrived.Count, 10))
	currencies := map[Currency]bool{}
	for _, amounts := range []map[Currency]Total{recorded.Amounts, arrived.Amounts} {
		for c := range amounts {
			currencies[c] = true
		}
	}
	for _, c := range slices.Sorted(maps.Keys(currencies)) {
		add(FieldAmounts+"."+string(c), decimalOf(recorded.Amounts, c), decimalOf(arrived.Amounts, c))
	}
	add(FieldFingerprintSum, recorded.Prints.String(), arrived.Prints.String())
	return ds
}

// decimalOf is empty for a currency that does not occur.
func decimalOf(amounts map[Currency]Total, c Currency) string {
	t, ok := amounts[c]
	if !ok {
		return ""
	}
	return t.Decimal(c)
}
