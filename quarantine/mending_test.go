package quarantine_test

import (
	"crypto/sha256"
	"testing"

	"recibo/quarantine"
)

func TestMend(t *testing.T) {
	old, body := []byte("old"), []byte("new")
	for _, c := range []struct {
		name    string
		stands  quarantine.Standing
		mending quarantine.Mending
		ok      bool
	}{
		{"the first", quarantine.Standing{State: "held"}, quarantine.Mending{Body: body}, true},
		{"once more", quarantine.Standing{State: "held", Mended: old}, quarantine.Mending{Was: old, Body: body}, true},
		{"taken away", quarantine.Standing{State: "held", Mended: old}, quarantine.Mending{Was: old}, true},
		{"somebody mended meanwhile", quarantine.Standing{State: "held", Mended: old}, quarantine.Mending{Body: body}, false},
		{"somebody mended otherwise", quarantine.Standing{State: "held", Mended: body}, quarantine.Mending{Was: old, Body: body}, false},
		{"an empty body is not none", quarantine.Standing{State: "held", Mended: []byte{}}, quarantine.Mending{Body: body}, false},
		{"on its way", quarantine.Standing{State: "redriven"}, quarantine.Mending{Body: body}, false},
		{"of an earlier attempt", quarantine.Standing{State: "held", Attempt: 1}, quarantine.Mending{Body: body}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.stands.Reason, c.mending.EntryID, c.mending.Actor, c.mending.Note, c.mending.At = "invalid", "e", "ana", "comma", at
			line, ok := c.stands.Mend(&c.mending)
			if ok != c.ok {
				t.Fatalf("mended %t, want %t", ok, c.ok)
			}
			want := quarantine.HistoryLine{}
			if ok {
				want = quarantine.HistoryLine{EntryID: "e", From: "held", To: "held", Reason: "invalid", Actor: "ana", Note: "comma", At: at}
			}
			if ok && c.mending.Body != nil {
				want.MendedSHA256, line.MendedSHA256 = nil, checked(t, line.MendedSHA256, c.mending.Body)
			}
			if line != want {
				t.Errorf("line %+v, want %+v", line, want)
			}
		})
	}
}

// checked is nil when the hash is that of the body.
func checked(t *testing.T, sum *[32]byte, body []byte) *[32]byte {
	t.Helper()
	if sum == nil || *sum != sha256.Sum256(body) {
		t.Errorf("the line does not name the body: %x", sum)
	}
	return nil
}
