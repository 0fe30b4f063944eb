package payment

import (
	"crypto/sha256"
	"strconv"
)

// Fingerprint is the SHA-256 of an event's canonical content, version 1.
type Fingerprint [sha256.Size]byte

// FingerprintOf hashes what makes two events the same payment: transaction_id,
// amount, currency, payer_account, payee_account, occurred_at and method, as
// they are stored. Source and extra fields are not part of it: the first wins.
//
// The canonical form is a sequence of netstrings (length in decimal, a colon,
// the bytes, a comma): the version "recibo-payment-v1", then the seven values
// in that order; the amount with exactly the currency's decimals, the time in
// UTC with milliseconds. testdata/fingerprint_v1.json freezes it.
func FingerprintOf(e *Event) Fingerprint {
	var scratch [384]byte
	var piece [40]byte
	b := append(scratch[:0], "17:recibo-payment-v1,"...)
	b = appendNet(b, e.TransactionID)
	b = appendNet(b, e.Amount.AppendDecimal(piece[:0]))
	b = appendNet(b, string(e.Amount.Currency))
	b = appendNet(b, e.PayerAccount)
	b = appendNet(b, e.PayeeAccount)
	b = appendNet(b, e.OccurredAt.UTC().AppendFormat(piece[:0], TimeLayout))
	b = appendNet(b, e.Method)
	return sha256.Sum256(b)
}

func appendNet[T string | []byte](b []byte, value T) []byte {
	b = strconv.AppendInt(b, int64(len(value)), 10)
	b = append(b, ':')
	b = append(b, value...)
	return append(b, ',')
}
