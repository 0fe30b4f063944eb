package quarantine_test

import (
	"strings"
	"testing"

	"recibo/quarantine"
)

func TestParseRedrive(t *testing.T) {
	id := strings.Repeat("0a", 16)
	if entry, attempt, ok := quarantine.ParseRedrive(quarantine.FormatRedrive(id, 12)); entry != id || attempt != 12 || !ok {
		t.Errorf("%q, %d, %v", entry, attempt, ok)
	}
	for _, bad := range []string{"", "/", id, id + "/", id + "/0", id + "/-1", id + "/+1", id + "/01", id + "/1 ", id + "/x",
		id + "/1/2", id[1:] + "/1", "g" + id[1:] + "/1", strings.ToUpper(id) + "/1", id + "/99999999999999999999"} {
		if _, _, ok := quarantine.ParseRedrive(bad); ok {
			t.Errorf("%q is taken for a redrive", bad)
		}
	}
}
