package quarantine_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/quarantine"
)

// dirty draws what brokers, databases and senders may hand over as text.
var dirty = rapid.Map(rapid.SliceOfN(rapid.OneOf(
	rapid.String(),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	rapid.SampledFrom([]string{"\x00", "\xff", "\xef\xbf", "é", "漢", "😀", strings.Repeat("x", 250), strings.Repeat("漢", 400)}),
), 0, 6), func(parts []string) string { return strings.Join(parts, "") })

func checkText(t *rapid.T, s string, most int) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > most {
		t.Errorf("%d bytes, at most %d wanted: %q", len(s), most, s)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		most       int
		want       string
	}{
		{"empty", "", 8, ""},
		{"fits", "12345678", 8, "12345678"},
		{"one too long", "123456789", 8, "12345…"},
		{"cut between characters", "1234漢字", 8, "1234…"},
		{"wide characters fit", "12漢字", 8, "12漢字"},
		{"cut of wide characters", "😀😀😀", 8, "😀…"},
		{"NUL", "a\x00b", 8, "a\uFFFDb"},
		{"bytes", "a\xffb", 8, "a\uFFFDb"},
		{"grows beyond the bound by cleaning", "\x00\x00\x00", 8, "\uFFFD…"},
		{"nothing but the mark fits", "12345", 3, "…"},
		{"control characters stay", "a\n\tb", 8, "a\n\tb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, quarantine.Text(c.text, c.most)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTextIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, most := dirty.Draw(t, "text"), rapid.IntRange(3, 2000).Draw(t, "most")
		got := quarantine.Text(s, most)
		checkText(t, got, most)
		if again := quarantine.Text(got, most); again != got {
			t.Errorf("cleaned twice, %q becomes %q", got, again)
		}
		if clean := utf8.ValidString(s) && !strings.ContainsRune(s, 0); clean && len(s) <= most && got != s {
			t.Errorf("%q was changed to %q", s, got)
		}
	})
}

func TestHeaders(t *testing.T) {
	if got := quarantine.Headers(nil); got != nil {
		t.Errorf("of none: %v", got)
	}
	in := map[string]string{"x-death": "expired\x00", "na\xffme": strings.Repeat("v", 1025), strings.Repeat("n", 257): ""}
	before := maps.Clone(in)
	want := map[string]string{"x-death": "expired\uFFFD", "na\uFFFDme": strings.Repeat("v", 1021) + "…", strings.Repeat("n", 253) + "…": ""}
	got := quarantine.Headers(in)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got["x-death"] = "changed"
	if diff := cmp.Diff(before, in); diff != "" {
		t.Errorf("the message's own headers were changed:\n%s", diff)
	}
}

func TestHeadersKeepTheFirst(t *testing.T) {
	in, want := map[string]string{}, map[string]string{}
	for i := range 100 {
		name := fmt.Sprintf("h%03d", i)
		if in[name] = "v"; i < 64 {
			want[name] = "v"
		}
	}
	if diff := cmp.Diff(want, quarantine.Headers(in)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := quarantine.Headers(rapid.MapOfN(dirty, dirty, 0, 70).Draw(t, "headers"))
		if len(got) > 64 {
			t.Errorf("%d headers", len(got))
		}
		for name, value := range got {
			checkText(t, name, 256)
			checkText(t, value, 1024)
		}
	})
}
