package mongodb

import (
	"time"

	"recibo/store"
)

// For the tests of exact amounts, and the measurement beside the driver.
var (
	DecimalOf = decimalOf
	MoneyOf   = moneyOf
	RowOf     = func(p *store.Payment) any { return paymentRowOf(p) }
)

// DDLOf is DDL as an earlier version printed it.
var DDLOf = ddl

// SetSlowAfter changes from when on a transaction is slow.
func SetSlowAfter(s *Store, d time.Duration) { s.slowAfter = d }
