package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/wire"
)

// sized returns an event of exactly so many bytes.
func sized(size int) string {
	body := edit("pad", `""`)
	return edit("pad", `"`+strings.Repeat("p", size-len(body))+`"`)
}

func TestSizeIsJudgedFirst(t *testing.T) {
	for _, c := range []struct {
		name, body string
		most       int
		fits       bool
	}{
		{"64 KiB", sized(64 << 10), 0, true},
		{"64 KiB and one", sized(64<<10 + 1), 0, false},
		{"64 KiB and one of white space", edit() + strings.Repeat(" ", 64<<10+1-len(edit())), 0, false},
		{"too large wins over malformed", strings.Repeat("\x00", 64<<10+1), 0, false},
		{"a lower limit", edit(), len(edit()), true},
		{"one over a lower limit", edit(), len(edit()) - 1, false},
		{"a higher limit", sized(1 << 20), 1 << 20, true},
		{"a negative limit is the default", sized(64 << 10), -1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := wire.Options{MaxBytes: c.most}
			if c.fits {
				if _, err := wire.Decode([]byte(c.body), o); err != nil {
					t.Fatal(err)
				}
				return
			}
			most := c.most
			if most == 0 {
				most = wire.DefaultMaxBytes
			}
			want := &wire.Error{Reason: wire.TooLarge, Offset: -1,
				Detail: fmt.Sprintf("%d bytes, at most %d are read", len(c.body), most)}
			if diff := cmp.Diff(want, refused(t, c.body, o)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAssumedTimezone(t *testing.T) {
	saoPaulo := time.FixedZone("America/Sao_Paulo", -3*60*60)
	const bare, mark = `"2026-11-23T14:15:03.123"`, `"occurred_at_timezone_assumed":"America/Sao_Paulo"`
	for _, c := range []struct {
		name, body, extra string
		zone              *time.Location
	}{
		{"bare time", edit("occurred_at", bare), "{" + mark + "}", saoPaulo},
		{"bare time after unknown fields", edit("occurred_at", bare, "a", "1"), `{"a":1,` + mark + "}", saoPaulo},
		{"offset given", edit(), "", saoPaulo},
		{"the message has the mark", edit("occurred_at", bare, "occurred_at_timezone_assumed", `"X"`),
			`{"occurred_at_timezone_assumed":"X"}`, saoPaulo},
		{"the message has the mark, escaped", edit("occurred_at", bare, `occurred_at_timezone_assume\u0064`, `"X"`),
			`{"occurred_at_timezone_assume\u0064":"X"}`, saoPaulo},
		{"a name that wants escapes", edit("occurred_at", bare), `{"occurred_at_timezone_assumed":"a\"b\u0001"}`,
			time.FixedZone("a\"b\x01", -3*60*60)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := wire.Decode([]byte(c.body), wire.Options{Timezone: c.zone})
			if err != nil {
				t.Fatal(err)
			}
			want := baseEvent()
			if c.extra != "" {
				want.Extra = []byte(c.extra)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEventSharesNoMemoryWithBody(t *testing.T) {
	body := []byte(edit("a", `"b"`))
	e, err := wire.Decode(body, wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = '#'
	}
	want := baseEvent()
	want.Extra = []byte(`{"a":"b"}`)
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("the event changed with the body:\n%s", diff)
	}
}

func TestDecodeAllocates(t *testing.T) {
	body := []byte(typical)
	most := testing.AllocsPerRun(100, func() {
		if _, err := wire.Decode(body, wire.Options{}); err != nil {
			t.Fatal(err)
		}
	})
	if most > 1 {
		t.Errorf("%v allocations, want the one that holds the texts", most)
	}
}

// TestCutAnywhere cuts an event at every byte: no start of one is accepted, and
// the fault is always told to be at the end.
func TestCutAnywhere(t *testing.T) {
	whole := edit("a", `{"b":[1,-0.5e+7,true,null,"\u00e9\ud83d\ude00\n"]}`)
	for end := 1; end < len(whole); end++ {
		got := refused(t, whole[:end], wire.Options{})
		if got.Reason != wire.Malformed || got.Offset != end {
			t.Errorf("cut at %d: %s at %d", end, got.Reason, got.Offset)
		}
	}
}

// TestAnyByteAnywhere replaces each byte of an event by each other byte: what
// is accepted is valid, what is refused names a byte of the message.
func TestAnyByteAnywhere(t *testing.T) {
	whole := []byte(edit("a", `["\u00e9",1e5]`))
	for i := range whole {
		for c := range 256 {
			body := bytes.Clone(whole)
			body[i] = byte(c)
			e, err := wire.Decode(body, wire.Options{})
			if err == nil {
				if fs := payment.Validate(&e); fs != nil {
					t.Fatalf("accepted %q: %v", body, fs)
				}
				continue
			}
			checkRefusal(t, body, err)
		}
	}
}
