package cli

import (
	"fmt"
	"strings"

	"recibo/internal/app"
)

// windowRows is the sentence first, then the windows that are not balanced.
func windowRows(p *app.WindowsProof) [][]string {
	rows := [][]string{{windowSentence(p)}}
	if len(p.Examples) > 0 {
		rows = append(rows, []string{}, []string{"SOURCE", "FROM", "UNTIL", "VERDICT", "EXPECTED", "RECORDED", "DIFFERENCE"})
	}
	for _, x := range p.Examples {
		amounts := make(map[string]string, len(x.Difference.Amounts))
		for c, amount := range x.Difference.Amounts {
			amounts[string(c)] = amount
		}
		rows = append(rows, []string{text(x.Source), x.From, x.Until, string(x.Verdict), number(x.Expected.Count), number(x.Recorded.Count),
			strings.TrimSuffix(fmt.Sprintf("%+d, %s", x.Difference.Count, money(amounts)), ", -")})
	}
	for _, x := range p.Examples { // below the table: sentences are longer than a line
		rows = append(rows, []string{}, []string{fmt.Sprintf("%s from %s: %s", text(x.Source), x.From, x.Explanation)})
		for _, named := range x.Payments {
			rows = append(rows, []string{named.Kind, named.ID})
		}
	}
	if p.Unplaced > 0 {
		rows = append(rows, []string{}, []string{number(p.Unplaced) + " entries in quarantine do not tell their window: recibo quarantine causes says why"})
	}
	if p.Ledger != nil {
		rows = append(append(rows, []string{}), reconcileRows(*p.Ledger)...)
	}
	return rows
}

func windowSentence(p *app.WindowsProof) string {
	if p.Windows == 0 {
		return "NOT PROVED: no control total is recorded for this period"
	}
	counts := map[string]int64{}
	for v, n := range p.ByVerdict {
		if n > 0 {
			counts[string(v)] = n
		}
	}
	verdict := "BALANCED"
	if !p.Balanced {
		verdict = "NOT BALANCED"
	}
	sentence := fmt.Sprintf("%s: %s payments, %s windows: %s", verdict, number(p.Payments.Count), number(p.Windows), byReason(counts))
	if p.Uncovered.Count > 0 {
		sentence += fmt.Sprintf("; no control total covers %s payments", number(p.Uncovered.Count))
	}
	if p.Mended > 0 {
		sentence += fmt.Sprintf("; %s came out of quarantine and are counted by nobody", number(p.Mended))
	}
	return sentence
}
