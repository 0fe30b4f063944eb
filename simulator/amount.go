package simulator

import "recibo/payment"

// Amounts in centavos: many small ones, few large ones, and now and then
// millions. None has more than the ten digits of a boleto.
var (
	pixAmounts = curve{{0, 1}, {20_000, 500}, {100_000, 1_500}, {250_000, 3_500}, {500_000, 9_000},
		{750_000, 25_000}, {900_000, 100_000}, {970_000, 400_000}, {995_000, 2_000_000},
		{999_500, 20_000_000}, {999_990, 150_000_000}, {1_000_000, 990_000_000}}
	boletoAmounts = curve{{0, 1_000}, {100_000, 5_000}, {300_000, 10_000}, {500_000, 18_000}, {750_000, 55_000},
		{900_000, 200_000}, {990_000, 2_000_000}, {1_000_000, 90_000_000}}
	tedAmounts = curve{{0, 10_000}, {200_000, 100_000}, {500_000, 500_000}, {800_000, 3_000_000},
		{950_000, 20_000_000}, {995_000, 150_000_000}, {1_000_000, 5_000_000_000}}
	cardAmounts = curve{{0, 300}, {200_000, 1_800}, {500_000, 6_500}, {800_000, 18_000}, {950_000, 60_000},
		{1_000_000, 1_500_000}}
	walletAmounts = curve{{0, 100}, {300_000, 1_000}, {600_000, 3_000}, {900_000, 12_000}, {1_000_000, 300_000}}
)

// amount draws centavos as people pay them: round ones, prices, and the rest.
func amount(r random, c curve) int64 {
	centavos := c.draw(r)
	switch n := r.below(100); {
	case n < 30:
		return roundTo(centavos, niceStep(centavos))
	case n < 45:
		return roundTo(centavos, 100)
	case n < 60:
		return centavos/100*100 + 90
	case n < 70:
		return centavos/100*100 + 99
	}
	return centavos
}

// roundTo never rounds to nothing.
func roundTo(centavos, step int64) int64 { return max(centavos/step*step, step) }

func niceStep(centavos int64) int64 {
	switch {
	case centavos < 5_000:
		return 500
	case centavos < 20_000:
		return 1_000
	case centavos < 100_000:
		return 5_000
	case centavos < 1_000_000:
		return 10_000
	}
	return 100_000
}

// foreign turns reais into about as much of another currency, in which few
// payments are made.
func foreign(r random, centavos int64) payment.Money {
	switch r.below(4) {
	case 0:
		return payment.Money{Minor: centavos/5 + 1, Currency: "USD"}
	case 1:
		return payment.Money{Minor: centavos/6 + 1, Currency: "EUR"}
	case 2:
		return payment.Money{Minor: centavos/4 + 1, Currency: "JPY"}
	}
	return payment.Money{Minor: centavos*17/10 + 1, Currency: "CLP"}
}
