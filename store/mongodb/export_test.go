package mongodb

import "recibo/store"

// For the tests of exact amounts, and the measurement beside the driver.
var (
	DecimalOf = decimalOf
	MoneyOf   = moneyOf
	RowOf     = func(p *store.Payment) any { return paymentRowOf(p) }
)
