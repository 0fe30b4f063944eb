package wire_test

import (
	"fmt"
	"strings"
)

// hostile are messages of about so many bytes that are made to be slow.
func hostile(size int) map[string]string {
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return strings.Trim(b.String(), ",")
	}
	fill := func(s string) string { return strings.Repeat(s, max(1, size/len(s))) }
	list := func(s string) string { return strings.Trim(fill(","+s), ",") }
	all := map[string]string{
		"keys":                edit()[:len(edit())-1] + "," + many(`,"%x":1`) + "}",
		"keys below":          edit("a", "{"+many(`,"%x":1`)+"}"),
		"long keys":           edit("a", "{"+many(`,"`+strings.Repeat("k", 200)+`%x":1`)+"}"),
		"escaped keys":        edit("a", "{"+many(`,"\u006b%x":1`)+"}"),
		"objects of one key":  edit("a", "["+many(`,{"k":%d}`)+"]"),
		"objects of 16 keys":  edit("a", "["+list("{"+manyKeys(16)+"}")+"]"),
		"objects of 20 keys":  edit("a", "["+list("{"+manyKeys(20)+"}")+"]"),
		"objects in keys":     edit("a", "{"+many(`,"%x":{"b":{"c":{}}}`)+"}"),
		"depth":               edit("a", "["+list(nested("[", "]", 14))+"]"),
		"depth in objects":    edit("a", "["+list(nested(`{"a":`, "}", 14))+"]"),
		"too deep":            strings.Repeat("[", size),
		"too deep in objects": strings.Repeat(`{"a":`, size/5),
		"escapes":             edit("a", `"`+fill(`\n`)+`"`),
		"unicode escapes":     edit("a", `"`+fill(`\ud83d\ude00`)+`"`),
		"wide characters":     edit("a", `"`+fill("漢")+`"`),
		"digits":              edit("a", fill("9")),
		"numbers":             edit("a", "["+list("-1.5e-7")+"]"),
		"spaces":              edit("a", fill(" ")+"1"),
		"spaces between":      edit("a", "["+list(" 1 ")+"]"),
		"spaces in objects":   edit("a", "["+list(` { "a" : 1 } `)+"]"),
		"open text":           `{"a":"` + fill("x"),
		"empty arrays":        edit("a", "["+list("[]")+"]"),
		"empty objects":       edit("a", "["+list("{}")+"]"),
		"texts":               edit("a", "["+list(`""`)+"]"),
		"plain texts":         edit("a", "["+list(`"0123456789abcdef"`)+"]"),
	}
	// What a field makes of a long value.
	for _, field := range members {
		for name, s := range map[string]string{"letters": "x", "escapes": `\u00e9`, "wide": "漢", "digits": "9", "spaces": " ", "signs": "-"} {
			all[field[0]+" of "+name] = edit(field[0], `"`+fill(s)+`"`)
		}
		all[field[0]+" of a wrong type"] = edit(field[0], "["+list("1")+"]")
	}
	all["amount of a number"] = edit("amount", fill("9"))
	all["amount with a comma"] = edit("amount", `"`+fill("9")+`,5"`)
	all["amount with a point"] = edit("amount", `"1.`+fill("9")+`"`)
	all["amount with an exponent"] = edit("amount", `"`+fill("9")+`e5"`)
	all["fraction of a time"] = edit("occurred_at", `"2026-11-23T14:15:03.`+fill("9")+`Z"`)
	return all
}

// hostileControls are the same of control totals.
func hostileControls(size int) map[string]string {
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return strings.Trim(b.String(), ",")
	}
	fill := func(s string) string { return strings.Repeat(s, max(1, size/len(s))) }
	all := map[string]string{
		"control: keys":                      editControl()[:len(editControl())-1] + "," + many(`,"%x":1`) + "}",
		"control: escaped keys":              editControl()[:len(editControl())-1] + "," + many(`,"\u006b%x":1`) + "}",
		"control: amounts":                   editControl("amounts", "{"+many(`,"k%x":"1.00"`)+"}"),
		"control: amounts of numbers":        editControl("amounts", "{"+many(`,"k%x":1`)+"}"),
		"control: amounts, escaped":          editControl("amounts", "{"+many(`,"\u006b%x":"1.0\u0030"`)+"}"),
		"control: amounts of objects":        editControl("amounts", "{"+many(`,"k%x":{"a":{"b":{}}}`)+"}"),
		"control: amounts in a list":         editControl("amounts", "["+many(`,"k%x"`)+"]"),
		"control: a long amount":             editControl("amounts", `{"BRL":"`+fill("9")+`.00"}`),
		"control: a long fraction":           editControl("amounts", `{"BRL":"1.`+fill("9")+`"}`),
		"control: a long number":             editControl("amounts", `{"BRL":`+fill("9")+`}`),
		"control: a wide amount":             editControl("amounts", `{"BRL":"`+fill("漢")+`"}`),
		"control: a long currency":           editControl("amounts", `{"`+fill("x")+`":"1.00"}`),
		"control: a wide currency":           editControl("amounts", `{"`+fill("漢")+`":"1.00"}`),
		"control: a long count":              editControl("count", fill("9")),
		"control: a long version":            editControl("recibo_control_total", fill("9")),
		"control: a long fraction of a time": editControl("from", `"2026-01-01T00:00:00.`+fill("9")+`Z"`),
		"control: after a long member":       editControl("recibo_control_total", "", "a", "["+fill("[],")+"1]", "recibo_control_total", "1"),
	}
	for _, field := range []string{"source", "producer", "from", "fingerprint_sum"} {
		for name, s := range map[string]string{"letters": "x", "escapes": `\u00e9`, "wide": "漢", "digits": "9"} {
			all["control: "+field+" of "+name] = editControl(field, `"`+fill(s)+`"`)
		}
	}
	return all
}
