package simulator

import (
	"time"

	"recibo/payment"
)

// methods are weighted as in Brazil in 2026.
var methods = []weighted[string]{{70, "pix"}, {13, "card"}, {8, "boleto"}, {6, "wallet"}, {3, "ted"}}

// sources says which systems announce the payments of a method.
var sources = map[string][]weighted[string]{
	"pix":    {{60, mobileApp}, {20, api}, {10, internetBanking}, {7, pos}, {3, batchFile}},
	"card":   {{75, pos}, {25, api}},
	"boleto": {{50, mobileApp}, {30, internetBanking}, {20, batchFile}},
	"wallet": {{80, mobileApp}, {20, api}},
	"ted":    {{50, internetBanking}, {30, batchFile}, {20, mobileApp}},
}

// events makes valid payments, one after the other.
type events struct {
	random  random
	parties parties
	ids     ids
	made    uint64 // events so far, each with its own id
	now     time.Time
}

// next makes the following payment. Only some are in another currency than
// reais, and those that could become faulty never are.
func (es *events) next(reaisOnly bool) *payment.Event {
	r := es.random
	es.now = after(r, es.now)
	es.made++
	payer := es.parties.payer(r)
	method := pick(r, methods)
	e := &payment.Event{
		PayerAccount: payer.account, PayeeAccount: es.parties.merchant(r),
		OccurredAt: es.now, Method: method, Source: pick(r, sources[method]),
	}
	var centavos int64
	switch method {
	case "pix":
		centavos = amount(r, pixAmounts)
		e.PayeeAccount = es.parties.payee(r)
		e.TransactionID = es.ids.endToEndID(es.made, payer.bank.ispb, es.now)
	case "boleto":
		centavos = amount(r, boletoAmounts)
		e.TransactionID = es.ids.boletoID(es.made, pick(r, banks), centavos, es.due(), e.Source == internetBanking)
	case "ted":
		centavos = amount(r, tedAmounts)
		e.PayeeAccount = es.parties.people[r.skewed(people)].account
		e.TransactionID = es.ids.ted(es.made, payer.bank.ispb, es.now)
	case "card":
		centavos = amount(r, cardAmounts)
		e.TransactionID = es.ids.card(es.made)
	default:
		centavos = amount(r, walletAmounts)
		e.PayeeAccount = es.parties.people[r.skewed(people)].key
		e.TransactionID = es.ids.wallet(es.made, r.bits())
	}
	e.Amount = payment.Money{Minor: centavos, Currency: payment.DefaultCurrency}
	if abroad := method != "pix" && method != "boleto"; abroad && !reaisOnly && r.below(1000) < foreignPerMille {
		e.Amount = foreign(r, centavos)
	}
	return e
}

// foreignPerMille of the payments that can be in another currency, which are
// 22 %, make 0.5 % of all.
const foreignPerMille = 23

// due is the last day to pay a boleto that is paid now: today or soon.
func (es *events) due() time.Time {
	return es.now.AddDate(0, 0, es.random.below(6))
}
