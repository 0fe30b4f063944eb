package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/app"
)

func TestWriteBody(t *testing.T) {
	long := strings.Repeat("a", 300) + "!" + strings.Repeat("b", 300)
	for _, c := range []struct {
		name, body string
		marks      []app.Mark
		want       string
	}{
		{"no marks", "{}\n[]", nil, "{}\n[]\n"},
		{"empty", "", nil, "(empty)\n"},
		{"a stretch", `{"a":12}`, []app.Mark{{Offset: 5, End: 7}}, "{\"a\":12}\n     ^^\n"},
		{"on its line", "{\r\n\"a\":x}\r\n", []app.Mark{{Offset: 7, End: 8}}, "{\n\"a\":x}\n    ^\n"},
		{"missing at the end", `{"a":1`, []app.Mark{{Offset: 6, End: 6}}, "{\"a\":1\n      ^\n"},
		{"an empty value", `{"a":""}`, []app.Mark{{Offset: 6, End: 6}}, "{\"a\":\"\"}\n      ^\n"},
		{"what cannot be printed", "\"\x00é\xff\x1b", []app.Mark{{Offset: 4, End: 5}}, "\"<00>é<FF><1B>\n      ^^^^\n"},
		{"two on a line", `{"a":x,"b":y}`, []app.Mark{{Offset: 5, End: 6}, {Offset: 11, End: 12}}, "{\"a\":x,\"b\":y}\n     ^     ^\n"},
		{"a long line", long, []app.Mark{{Offset: 300, End: 301}},
			long + "\n…" + strings.Repeat("a", 80) + "!" + strings.Repeat("b", 79) + "…\n" + strings.Repeat(" ", 81) + "^\n"},
	} {
		var out strings.Builder
		writeBody(&out, []byte(c.body), c.marks, "")
		if diff := cmp.Diff(c.want, out.String()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
	var out strings.Builder
	writeBody(&out, []byte(`{x}`), []app.Mark{{Offset: 1, End: 2}}, "- ")
	if out.String() != "- {x}\n   ^\n" {
		t.Errorf("with a sign: %q", out.String())
	}
}
