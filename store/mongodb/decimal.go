package mongodb

import (
	"errors"
	"fmt"
	"math/big"

	"go.mongodb.org/mongo-driver/v2/bson"

	"recibo/payment"
)

// exponentBias is what the 14 bits of a decimal's exponent count from.
const exponentBias = 6176

// decimalOf is an amount with the currency's decimals, so that it shows them:
// 150.75 and 1500.
func decimalOf(m payment.Money) bson.Decimal128 {
	decimals, _ := m.Currency.Decimals()
	const exponentAt = 49
	return bson.NewDecimal128(uint64(exponentBias-decimals)<<exponentAt, uint64(m.Minor))
}

// decimalOfTotal is exact up to 34 digits; more would be an error.
func decimalOfTotal(t payment.Total, c payment.Currency) (bson.Decimal128, error) {
	return bson.ParseDecimal128(t.Decimal(c))
}

var errNoAmount = errors.New("a field holds no amount")

// minorUnits is a decimal in the minor units of a currency. It fails for a
// value that somebody changed to have more decimals than the currency.
func minorUnits(d bson.Decimal128, c payment.Currency) (*big.Int, error) {
	if d.IsNaN() || d.IsInf() != 0 {
		return nil, errNoAmount
	}
	n, exponent, err := d.BigInt()
	if err != nil {
		return nil, errNoAmount
	}
	decimals, _ := c.Decimals()
	shift := exponent + decimals
	if n.Sign() == 0 {
		return n, nil
	}
	const most = 40 // digits that any sum of ours has
	if shift > most || shift < -most {
		return nil, errNoAmount
	}
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift >= 0 {
		return factor.Mul(n, factor), nil
	}
	minor, rest := new(big.Int).QuoRem(n, factor, new(big.Int))
	if rest.Sign() != 0 {
		return nil, fmt.Errorf("an amount in %s has more than %d decimals", c, decimals)
	}
	return minor, nil
}

// moneyOf reads an amount.
func moneyOf(d bson.Decimal128, c payment.Currency) (payment.Money, error) {
	minor, err := minorUnits(d, c)
	if err == nil && !minor.IsInt64() {
		err = fmt.Errorf("an amount in %s does not fit", c)
	}
	if err != nil {
		return payment.Money{}, err
	}
	return payment.Money{Minor: minor.Int64(), Currency: c}, nil
}

// totalOf reads a sum, which may outgrow 64 bits. The server sums up nothing to
// the integer 0.
func totalOf(v bson.RawValue, c payment.Currency) (payment.Total, error) {
	d, ok := v.Decimal128OK()
	if !ok {
		if n, isInteger := v.AsInt64OK(); isInteger && n == 0 {
			return payment.Total{}, nil
		}
		return payment.Total{}, errNoAmount
	}
	minor, err := minorUnits(d, c)
	if err != nil {
		return payment.Total{}, err
	}
	// Without a currency there are no decimals: the text is in minor units.
	return payment.ParseTotal(minor.String(), "")
}
