package postgres

import (
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/jackc/pgx/v5/pgtype"

	"recibo/payment"
)

// Numerics go over the wire as digits to the base of 10,000, each with its
// weight, and the number of decimals to show.

const base = 10_000

var powers = [...]int64{1, 10, 100, 1000, base}

// appendNumeric writes an amount of minor units, at least 0, that has up to
// four decimals: one digit behind the point.
func appendNumeric(b []byte, minor int64, decimals int) []byte {
	whole, fraction := minor/powers[decimals], minor%powers[decimals]*powers[4-decimals]
	var digits [6]uint16 // 10^19 has five, and the fraction
	first := len(digits) - 1
	digits[first] = uint16(fraction)
	for weight := whole; weight > 0; weight /= base {
		first--
		digits[first] = uint16(weight % base)
	}
	last := len(digits)
	for last > first && digits[last-1] == 0 {
		last-- // zeros at the end are not sent
	}
	weight := len(digits) - 2 - first // of the first digit; -1 is behind the point
	b = binary.BigEndian.AppendUint16(b, uint16(last-first))
	b = binary.BigEndian.AppendUint16(b, uint16(int16(weight)))
	b = binary.BigEndian.AppendUint16(b, 0) // not below zero
	b = binary.BigEndian.AppendUint16(b, uint16(decimals))
	for _, d := range digits[first:last] {
		b = binary.BigEndian.AppendUint16(b, d)
	}
	return b
}

// minorUnits is a numeric in the minor units of a currency. It fails for a
// value that somebody changed to have more decimals than the currency.
func minorUnits(n pgtype.Numeric, c payment.Currency) (*big.Int, error) {
	if !n.Valid || n.NaN || n.InfinityModifier != pgtype.Finite {
		return nil, fmt.Errorf("a column holds no amount")
	}
	decimals, _ := c.Decimals()
	shift := int(n.Exp) + decimals
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift >= 0 {
		return factor.Mul(n.Int, factor), nil
	}
	minor, rest := new(big.Int).QuoRem(n.Int, factor, new(big.Int))
	if rest.Sign() != 0 {
		return nil, fmt.Errorf("an amount in %s has more than %d decimals", c, decimals)
	}
	return minor, nil
}

// moneyOf reads an amount.
func moneyOf(n pgtype.Numeric, c payment.Currency) (payment.Money, error) {
	minor, err := minorUnits(n, c)
	if err == nil && !minor.IsInt64() {
		err = fmt.Errorf("an amount in %s does not fit", c)
	}
	if err != nil {
		return payment.Money{}, err
	}
	return payment.Money{Minor: minor.Int64(), Currency: c}, nil
}

// totalOf reads a sum, which may outgrow 64 bits.
func totalOf(n pgtype.Numeric, c payment.Currency) (payment.Total, error) {
	minor, err := minorUnits(n, c)
	if err != nil {
		return payment.Total{}, err
	}
	// Without a currency there are no decimals: the text is in minor units.
	return payment.ParseTotal(minor.String(), "")
}
