package app

import (
	"strings"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
)

// words are what a receipt says in one language, and how it writes numbers.
type words struct {
	code             string
	point, thousands string
	date             string                      // layout of days
	symbols          map[payment.Currency]string // what stands before amounts; the code elsewhere
	signFirst        bool                        // -R$ 1,00 and not BRL -1.00
	title            string
	sections         sectionWords
	labels           labelWords
	verdicts         map[ReceiptVerdict]string
	windows          map[reconcile.Verdict]string
	reasons          map[quarantine.Reason]string
	components       map[store.Component]string
	all, always, no  string
	since, until     string
	stillOpen, more  string
	unreadable       string
	mended, redriven string
	verify           []string
}

type sectionWords struct{ compared, payments, controls, sent, held, redriven, outages, verdict string }

type labelWords struct {
	madeAt, program, store, source, period, basis, seed, start, messages, faults    string
	count, amount, duplicates                                                       string
	totals, windows, uncovered, uncounted                                           string
	expected, recorded, missing, unexpected, differing, mended, heldOf, accountedOf string
	waiting, unplaced, redriven, ofThemMended, outages                              string
}

// number groups digits.
func (w *words) number(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return sign + w.grouped(itoa(n))
}

func (w *words) grouped(whole string) string {
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + w.thousands + whole[i:]
	}
	return whole
}

// money writes an exact decimal without a float.
func (w *words) money(currency payment.Currency, decimal string) string {
	decimal, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, pointed := strings.Cut(decimal, ".")
	amount := w.grouped(whole)
	if pointed {
		amount += w.point + fraction
	}
	symbol, known := w.symbols[currency]
	if !known {
		symbol = string(currency)
	}
	switch {
	case !negative:
		return symbol + " " + amount
	case w.signFirst:
		return "-" + symbol + " " + amount
	}
	return symbol + " -" + amount
}

// time writes a time of the figures for people, with milliseconds where there
// are some.
func (w *words) time(text string) string {
	t, err := time.Parse(payment.TimeLayout, text)
	if err != nil {
		return text
	}
	s := t.Format(w.date + " 15:04:05")
	if ms := t.Nanosecond() / 1e6; ms != 0 {
		s += w.point + strings.TrimPrefix(itoa(int64(1000+ms)), "1")
	}
	return s + " UTC"
}

var english = &words{
	code: "en", point: ".", thousands: ",", date: "2006-01-02",
	title: "COMPLETENESS RECEIPT",
	sections: sectionWords{compared: "WHAT WAS COMPARED", payments: "RECORDED PAYMENTS", controls: "CONTROL TOTALS",
		sent: "COMPARISON WITH WHAT WAS SENT", held: "WAITING IN QUARANTINE", redriven: "RECORDED OUT OF QUARANTINE",
		outages: "OUTAGES IN THE PERIOD", verdict: "VERDICT"},
	labels: labelWords{madeAt: "As of", program: "Made by", store: "Database", source: "Source", period: "Period",
		basis: "Sent, by ledger", seed: "Sent, by seed", start: "Simulated from", messages: "Messages", faults: "Faults",
		count: "Payments", amount: "Amount", duplicates: "Duplicates (whole database)",
		totals: "Control totals", windows: "Windows", uncovered: "Payments without a window", uncounted: "Mended and not counted",
		expected: "Sent", recorded: "Recorded", missing: "Missing", unexpected: "Unexpected", differing: "Differing",
		mended: "Mended", heldOf: "Held", accountedOf: "Messages accounted for",
		waiting: "Messages", unplaced: "Of unreadable time", redriven: "Payments", ofThemMended: "Of mended messages", outages: "Outages"},
	verdicts: map[ReceiptVerdict]string{
		ReceiptComplete:   "COMPLETE. Every payment that was counted or sent is recorded or held, and nothing else is recorded.",
		ReceiptIncomplete: "NOT COMPLETE. Payments are missing, too many or different; the figures above say which.",
		ReceiptOpen:       "COMPLETE SO FAR. Nothing is wrong in what could be compared; but not everything has been counted or has arrived yet.",
		ReceiptUnproven:   "NOT PROVED. No control total and no ledger says which payments there should be.",
	},
	windows: map[reconcile.Verdict]string{reconcile.Balanced: "balanced", reconcile.Open: "open", reconcile.Missing: "missing",
		reconcile.TooMany: "too many", reconcile.Differs: "differs", reconcile.Overlapping: "overlapping"},
	reasons: map[quarantine.Reason]string{quarantine.Malformed: "malformed", quarantine.Invalid: "invalid", quarantine.Conflict: "conflict",
		quarantine.Rejected: "rejected", quarantine.TooLarge: "too large"},
	components: map[store.Component]string{store.QueueComponent: "queue", store.StoreComponent: "database"},
	all:        "all", always: "all", no: "without source", since: "from", until: "until",
	stillOpen: "not over yet", more: "and %s more", unreadable: "amount unreadable", mended: "mended", redriven: "sent back",
	verify: []string{"recibo receipt verify checks this file, and every figure against the database.",
		"The SHA-256 below finds changes of this text. It is no signature."},
}

var portuguese = &words{
	code: "pt", point: ",", thousands: ".", date: "02/01/2006", symbols: map[payment.Currency]string{"BRL": "R$"}, signFirst: true,
	title: "COMPROVANTE DE COMPLETUDE",
	sections: sectionWords{compared: "O QUE FOI CONFERIDO", payments: "PAGAMENTOS REGISTRADOS", controls: "TOTAIS DE CONTROLE",
		sent: "CONFERÊNCIA COM O QUE FOI ENVIADO", held: "RETIDOS", redriven: "REGISTRADOS APÓS REPROCESSAMENTO",
		outages: "INDISPONIBILIDADES NO PERÍODO", verdict: "CONCLUSÃO"},
	labels: labelWords{madeAt: "Situação em", program: "Emitido por", store: "Banco de dados", source: "Origem", period: "Período",
		basis: "Enviado, pelo arquivo", seed: "Enviado, pela semente", start: "Simulado desde", messages: "Mensagens", faults: "Falhas",
		count: "Pagamentos", amount: "Valor", duplicates: "Duplicados (banco inteiro)",
		totals: "Totais de controle", windows: "Janelas", uncovered: "Pagamentos sem janela", uncounted: "Corrigidos e não contados",
		expected: "Enviados", recorded: "Registrados", missing: "Faltantes", unexpected: "Não esperados", differing: "Divergentes",
		mended: "Corrigidos", heldOf: "Retidos", accountedOf: "Mensagens localizadas",
		waiting: "Mensagens", unplaced: "De horário ilegível", redriven: "Pagamentos", ofThemMended: "De mensagens corrigidas", outages: "Indisponibilidades"},
	verdicts: map[ReceiptVerdict]string{
		ReceiptComplete:   "COMPLETO. Todos os pagamentos contados ou enviados estão registrados ou retidos, e nada além deles está registrado.",
		ReceiptIncomplete: "INCOMPLETO. Há pagamentos faltantes, a mais ou divergentes; os números acima dizem quais.",
		ReceiptOpen:       "COMPLETO ATÉ AQUI. Nada diverge no que foi possível conferir, mas nem tudo foi contado ou chegou até agora.",
		ReceiptUnproven:   "NÃO COMPROVADO. Nenhum total de controle e nenhum arquivo de envio diz quais pagamentos deveria haver.",
	},
	windows: map[reconcile.Verdict]string{reconcile.Balanced: "conciliada", reconcile.Open: "aberta", reconcile.Missing: "faltante",
		reconcile.TooMany: "a mais", reconcile.Differs: "divergente", reconcile.Overlapping: "sobreposta"},
	reasons: map[quarantine.Reason]string{quarantine.Malformed: "malformado", quarantine.Invalid: "inválido", quarantine.Conflict: "conflito",
		quarantine.Rejected: "recusado", quarantine.TooLarge: "grande demais"},
	components: map[store.Component]string{store.QueueComponent: "fila", store.StoreComponent: "banco de dados"},
	all:        "todas", always: "todo", no: "sem origem", since: "desde", until: "até",
	stillOpen: "ainda em curso", more: "e mais %s", unreadable: "valor ilegível", mended: "corrigido", redriven: "reprocessado",
	verify: []string{"recibo receipt verify confere este arquivo, e cada número com o banco de dados.",
		"O SHA-256 abaixo acusa alterações deste texto. Não é uma assinatura."},
}
