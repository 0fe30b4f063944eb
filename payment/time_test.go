package payment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
)

func TestParseTime(t *testing.T) {
	base := time.Date(2026, 11, 23, 17, 15, 3, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-11-23T17:15:03Z":                                 base,
		"2026-11-23t17:15:03z":                                 base,
		"2026-11-23T14:15:03-03:00":                            base,
		"2026-11-23T17:15:03+00:00":                            base,
		"2026-11-23T17:15:03-00:00":                            base,
		"2026-11-24T17:14:03+23:59":                            base,
		"2026-11-22T17:16:03-23:59":                            base,
		"2026-11-23T23:00:03+05:45":                            base,
		"2026-11-23T17:15:03.1Z":                               base.Add(100 * time.Millisecond),
		"2026-11-23T17:15:03.12Z":                              base.Add(120 * time.Millisecond),
		"2026-11-23T17:15:03.123Z":                             base.Add(123 * time.Millisecond),
		"2026-11-23T17:15:03.123999Z":                          base.Add(123 * time.Millisecond),
		"2026-11-23T17:15:03.0009Z":                            base,
		"2026-11-23T17:15:03." + strings.Repeat("9", 50) + "Z": base.Add(999 * time.Millisecond),
		"2000-01-01T00:00:00Z":                                 time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		"1999-12-31T23:59:59-00:01":                            time.Date(2000, 1, 1, 0, 0, 59, 0, time.UTC),
		"2099-12-31T23:59:59.999999Z":                          time.Date(2099, 12, 31, 23, 59, 59, 999e6, time.UTC),
		"2100-01-01T00:00:00+00:01":                            time.Date(2099, 12, 31, 23, 59, 0, 0, time.UTC),
		"2028-02-29T12:00:00Z":                                 time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC),
		"2000-02-29T12:00:00Z":                                 time.Date(2000, 2, 29, 12, 0, 0, 0, time.UTC),
	} {
		got, assumed, fault := payment.ParseTime(text, nil)
		if fault != nil || assumed {
			t.Errorf("%s: fault %+v, assumed %t", text, fault, assumed)
		}
		if got != want { // also the same location: UTC
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

var badTimes = map[payment.Code][]string{
	payment.CodeEmpty:    {""},
	payment.CodeNoOffset: {"2026-11-23T17:15:03", "2026-11-23T17:15:03.123", "2026-13-45T99:99:99"},
	payment.CodeNotRFC3339: {"now", "2026-11-23", "2026-11-23T17:15Z", "2026-11-23 17:15:03Z", "2026-11-23T17:15:03 Z",
		"2026-11-23T17:15:03.Z", "2026-11-23T17:15:03.", "2026-11-23T17:15:03,5Z", "2026-11-23T17:15:03-0300", "2026-11-23T17:15:03-03",
		"2026-11-23T17:15:03-3:00", "2026-11-23T17:15:03+24:00", "2026-11-23T17:15:03+03:60", "2026-11-23T17:15:03+0a:00",
		"2026-11-23T17:15:03ZZ", " 2026-11-23T17:15:03Z", "2026-11-23T17:15:03Z\n", "26-11-23T17:15:03Z", "02026-11-23T17:15:03Z",
		"-2026-11-23T17:15:03Z", "2026/11/23T17:15:03Z", "23/11/2026 17:15:03", "20261123T171503Z", "2026-11-23T17.15.03Z",
		"2026-1-23T17:15:03Z", "1795454103", "Mon, 23 Nov 2026 17:15:03 GMT", "2026-W48-1T17:15:03Z", "２026-11-23T17:15:03Z"},
	payment.CodeBadDate: {"2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-32T00:00:00Z", "2026-11-23T24:00:00Z",
		"2026-11-23T17:60:00Z", "2026-11-23T17:15:60Z", "2016-12-31T23:59:60Z"},
	payment.CodeOutOfRange: {"1999-12-31T23:59:59.999Z", "2100-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
		"2000-01-01T00:00:00+00:01", "2099-12-31T23:59:59-00:01"},
}

func TestParseTimeRefuses(t *testing.T) {
	for code, texts := range badTimes {
		for _, text := range texts {
			got, _, fault := payment.ParseTime(text, nil)
			if fault == nil {
				t.Errorf("%q: accepted as %s, want %s", text, got, code)
				continue
			}
			want := &payment.Fault{Field: "occurred_at", Code: code, Value: text, Hint: fault.Hint}
			if diff := cmp.Diff(want, fault); diff != "" || fault.Hint == "" || !got.IsZero() {
				t.Errorf("%q: time %s, -want +got:\n%s", text, got, diff)
			}
		}
	}
}

func TestParseTimeAssumesAZone(t *testing.T) {
	zone := time.FixedZone("America/Sao_Paulo", -3*60*60)
	want := time.Date(2026, 11, 23, 17, 15, 3, 500e6, time.UTC)
	for text, assumes := range map[string]bool{"2026-11-23T14:15:03.5": true, "2026-11-23T17:15:03.5Z": false} {
		got, assumed, fault := payment.ParseTime(text, zone)
		if fault != nil || got != want || assumed != assumes {
			t.Errorf("%s: %v, assumed %t, fault %+v", text, got, assumed, fault)
		}
	}
	for text, code := range map[string]payment.Code{
		"2026-02-30T14:15:03":       payment.CodeBadDate,
		"2099-12-31T21:00:00":       payment.CodeOutOfRange,
		"2026-11-23T14:15:03 -0300": payment.CodeNotRFC3339,
	} {
		if _, assumed, fault := payment.ParseTime(text, zone); fault == nil || fault.Code != code || assumed {
			t.Errorf("%s: assumed %t, fault %+v, want %s", text, assumed, fault, code)
		}
	}
}

func TestParseTimeReadsWhatTimeWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := times.Draw(t, "time")
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "minutes"))
		for _, text := range []string{want.Format(payment.TimeLayout), want.In(zone).Format(time.RFC3339Nano)} {
			got, _, fault := payment.ParseTime(text, nil)
			if fault != nil || got != want {
				t.Errorf("%s comes back as %v, %+v", text, got, fault)
			}
		}
	})
}

func TestNormalize(t *testing.T) {
	in := time.Date(2026, 11, 23, 14, 15, 3, 123999999, time.FixedZone("", -3*60*60))
	if got, want := payment.Normalize(in), time.Date(2026, 11, 23, 17, 15, 3, 123e6, time.UTC); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
