package simulator

// The source systems.
const (
	mobileApp       = "mobile-app"
	internetBanking = "internet-banking"
	api             = "api"
	pos             = "pos"
	batchFile       = "batch"
)

// field is a field of an event, in the order of the name tables.
type field int

const (
	fieldID field = iota
	fieldAmount
	fieldCurrency
	fieldPayer
	fieldPayee
	fieldTime
	fieldMethod
	fieldSource
	fieldCount
)

// dialect is how one source system writes an event.
type dialect struct {
	names    [fieldCount]string // with quotes and colon
	order    [fieldCount]field
	gap      string // after commas
	number   bool   // amount as a JSON number, without needless zeros
	utc      bool   // times in Z, not in -03:00
	micros   bool   // times with six decimals
	omitReal bool   // BRL goes without saying
	extra    func(b []byte, r random) []byte
}

var english = [fieldCount]string{`"transaction_id":`, `"amount":`, `"currency":`, `"payer_account":`,
	`"payee_account":`, `"occurred_at":`, `"method":`, `"source":`}

// dialects are indexed as in dialectOf.
var dialects = [...]dialect{
	{
		names: english,
		order: [...]field{fieldID, fieldAmount, fieldCurrency, fieldPayer, fieldPayee, fieldTime, fieldMethod, fieldSource},
	},
	{
		names: [...]string{`"transaction_id": `, `"valor": `, `"moeda": `, `"conta_pagador": `,
			`"conta_beneficiario": `, `"data_hora": `, `"metodo": `, `"origem": `},
		order: [...]field{fieldSource, fieldID, fieldTime, fieldMethod, fieldAmount, fieldCurrency, fieldPayer, fieldPayee},
		gap:   " ",
	},
	{
		names: [...]string{`"transaction_id":`, `"amount":`, `"currency":`, `"payer_account":`,
			`"payee_account":`, `"timestamp":`, `"method":`, `"source":`},
		order:  [...]field{fieldAmount, fieldCurrency, fieldMethod, fieldPayee, fieldPayer, fieldSource, fieldTime, fieldID},
		number: true, utc: true, extra: orderDetails,
	},
	{
		names:  english,
		order:  [...]field{fieldTime, fieldSource, fieldID, fieldMethod, fieldCurrency, fieldAmount, fieldPayer, fieldPayee},
		number: true, utc: true, extra: terminalDetails,
	},
	{
		names: [...]string{`"transaction_id":`, `"valor":`, `"moeda":`, `"conta_do_pagador":`,
			`"conta_do_beneficiario":`, `"carimbo_data_hora":`, `"metodo":`, `"origem":`},
		order:  [...]field{fieldID, fieldPayer, fieldPayee, fieldAmount, fieldCurrency, fieldTime, fieldMethod, fieldSource},
		micros: true, omitReal: true, extra: lotDetails,
	},
}

// dialectOf returns the index of the source's dialect.
func dialectOf(source string) int {
	switch source {
	case internetBanking:
		return 1
	case api:
		return 2
	case pos:
		return 3
	case batchFile:
		return 4
	}
	return 0
}

func orderDetails(b []byte, r random) []byte {
	b = append(b, `,"api_version":"2026-01","metadata":{"order":"`...)
	b = appendDigits(b, r.bits(), 8)
	return append(b, `","retries":0,"tags":["checkout",null,true]}`...)
}

func terminalDetails(b []byte, r random) []byte {
	b = append(b, `,"terminal":"T`...)
	b = appendDigits(b, r.bits(), 7)
	b = append(b, `","nsu":"`...)
	b = appendDigits(b, r.bits(), 9)
	return append(b, '"')
}

func lotDetails(b []byte, r random) []byte {
	b = append(b, `,"lote":"`...)
	b = appendDigits(b, r.bits(), 4)
	return append(b, `","descricao":"remessa di\u00e1ria às 6h"`...)
}
