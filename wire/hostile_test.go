package wire_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"recibo/wire"
)

// hostile are messages of about 64 KiB that are made to be slow.
func hostile() map[string]string {
	const size = 60 << 10
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return strings.Trim(b.String(), ",")
	}
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	return map[string]string{
		"keys":                edit()[:len(edit())-1] + many(`,"%x":1`) + "}",
		"keys below":          edit("a", "{"+many(`,"%x":1`)+"}"),
		"long keys":           edit("a", "{"+many(`,"`+strings.Repeat("k", 200)+`%x":1`)+"}"),
		"escaped keys":        edit("a", "{"+many(`,"\u006b%x":1`)+"}"),
		"objects of one key":  edit("a", "["+many(`,{"k":%d}`)+"]"),
		"objects of 20 keys":  edit("a", "["+strings.Trim(fill(",{"+manyKeys(20)+"}"), ",")+"]"),
		"objects in keys":     edit("a", "{"+many(`,"%x":{"b":{"c":{}}}`)+"}"),
		"depth":               edit("a", "["+strings.Trim(fill(","+nested("[", "]", 14)), ",")+"]"),
		"too deep":            strings.Repeat("[", size),
		"too deep in objects": strings.Repeat(`{"a":`, size/5),
		"escapes":             edit("a", `"`+fill(`\n`)+`"`),
		"unicode escapes":     edit("a", `"`+fill(`\ud83d\ude00`)+`"`),
		"escapes in a field":  edit("payer_account", `"`+fill(`\u00e9`)+`"`),
		"wide characters":     edit("a", `"`+fill("漢")+`"`),
		"digits":              edit("a", fill("9")),
		"digits of an amount": edit("amount", fill("9")),
		"fraction of a time":  edit("occurred_at", `"2026-11-23T14:15:03.`+fill("9")+`Z"`),
		"spaces":              edit("a", fill(" ")+"1"),
		"spaces between":      edit("a", "["+strings.Trim(fill(", 1 "), ",")+"]"),
		"open text":           `{"a":"` + fill("x"),
		"empty arrays":        edit("a", "["+strings.Trim(fill(",[]"), ",")+"]"),
	}
}

// TestHostileMessagesStayCheap compares the time for a byte with that of a big
// plain message. The bound is wide, since tests share their machine: what it
// catches is work that grows faster than the message, a factor of hundreds.
func TestHostileMessagesStayCheap(t *testing.T) {
	const most = 60
	plain := perByte(edit("a", "["+strings.Repeat(`"0123456789abcdef",`, 3000)+`""]`))
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			if len(body) > wire.DefaultMaxBytes {
				t.Fatalf("%d bytes would not even be read", len(body))
			}
			got := perByte(body)
			t.Logf("%.2f ns a byte, plain %.2f", got, plain)
			if got > most*plain {
				t.Errorf("%.1f ns a byte, a plain message %.1f", got, plain)
			}
		})
	}
}

// perByte is the best of several runs, in nanoseconds.
func perByte(body string) float64 {
	best := time.Duration(1 << 62)
	for range 15 {
		bytes := []byte(body)
		start := time.Now()
		_, _ = wire.Decode(bytes, wire.Options{})
		best = min(best, time.Since(start))
	}
	return float64(best.Nanoseconds()) / float64(len(body))
}
