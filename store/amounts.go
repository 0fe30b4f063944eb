package store

import (
	"fmt"

	"recibo/payment"
)

// AmountTexts are sums as a control total keeps them in JSON: a number there
// would lose digits.
func AmountTexts(amounts map[payment.Currency]payment.Total) map[payment.Currency]string {
	texts := make(map[payment.Currency]string, len(amounts))
	for currency, total := range amounts {
		texts[currency] = total.Decimal(currency)
	}
	return texts
}

// ParseAmounts reads what AmountTexts wrote. It fails where somebody changed it
// to what is no sum of its currency.
func ParseAmounts(texts map[payment.Currency]string) (map[payment.Currency]payment.Total, error) {
	amounts := make(map[payment.Currency]payment.Total, len(texts))
	for currency, text := range texts {
		total, err := payment.ParseTotal(text, currency)
		if err != nil {
			return nil, fmt.Errorf("a control total's amount in %s: %w", currency, err)
		}
		amounts[currency] = total
	}
	return amounts, nil
}
