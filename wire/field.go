package wire

import "recibo/payment"

// field is a known field of an event, in the order in which faults are told.
type field uint8

const (
	transactionID field = iota
	amount
	currency
	payerAccount
	payeeAccount
	occurredAt
	method
	source
	fieldCount
	unknown = fieldCount
)

var fieldNames = [fieldCount]string{
	payment.FieldTransactionID, payment.FieldAmount, payment.FieldCurrency, payment.FieldPayerAccount,
	payment.FieldPayeeAccount, payment.FieldOccurredAt, payment.FieldMethod, payment.FieldSource,
}

// fieldOf knows every name of every field.
func fieldOf(key []byte) field {
	switch string(key) {
	case "transaction_id":
		return transactionID
	case "amount", "valor":
		return amount
	case "currency", "moeda":
		return currency
	case "payer_account", "conta_pagador", "conta_do_pagador":
		return payerAccount
	case "payee_account", "conta_beneficiario", "conta_do_beneficiario":
		return payeeAccount
	case "occurred_at", "timestamp", "data_hora", "carimbo_data_hora":
		return occurredAt
	case "method", "metodo":
		return method
	case "source", "origem":
		return source
	}
	return unknown
}

// optional fields may be left out, but not be null or empty.
func (f field) optional() bool { return f == currency || f == method || f == source }

// kind is the JSON type of a value, as far as it matters.
type kind uint8

const (
	absent kind = iota
	text
	number
	null
	other
)

// span is a stretch of the message, or of the unescaped texts. Of a text it is
// what stands between the quotes.
type span struct {
	start, end int32
	escaped    bool // has escapes, or is in the unescaped texts: see scanner.bytes
}

// value is what a message says about one field.
type value struct {
	span
	kind kind
	key  span
}
