package quarantine_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/quarantine"
)

// TestEntryIDVectors freezes the ids, which are primary keys. They were made
// without this program, by Python 3:
// hashlib.sha256(reason + b"\0" + hashlib.sha256(body).digest()).hexdigest()[:32]
func TestEntryIDVectors(t *testing.T) {
	for _, c := range []struct {
		reason   quarantine.Reason
		body, id string
	}{
		{"malformed", "", "66e2846d03512ef48fddc4a2e8d5f8be"},
		{"malformed", "{", "2648fd3a156f83af5a017ea6dc457fe0"},
		{"invalid", "{", "a531daff770dc390dfa733d346c7a3d9"},
		{"conflict", "{}", "326f8726c15a739853d50553b58d7873"},
		{"rejected", "{}", "1de8cce246c3d80989273be98eb98b4a"},
		{"too_large", strings.Repeat("a", 65537), "1101d733faa9cceb470a914ebe234780"},
		{"malformed", "\x00\xff", "84d5f4fdd00a2ceb9461b4e14676ae55"},
		{"invalid", `{"amount":"1,5"}`, "2863bee217840c7deb96de8fd4fbddf1"},
	} {
		if got := quarantine.EntryID(c.reason, sha256.Sum256([]byte(c.body))); got != c.id {
			t.Errorf("%s of %.20q: %s, want %s", c.reason, c.body, got, c.id)
		}
		e := quarantine.New(c.reason, []byte(c.body), "", nil, time.Time{})
		if e.ID != c.id {
			t.Errorf("New of %s, %.20q: %s, want %s", c.reason, c.body, e.ID, c.id)
		}
	}
}

func TestNew(t *testing.T) {
	seenAt := time.Date(2026, 11, 23, 14, 15, 3, 123456789, time.FixedZone("", -3*60*60))
	normal := time.Date(2026, 11, 23, 17, 15, 3, 123e6, time.UTC)
	fields := []quarantine.FieldError{{Field: "amount", Code: "comma", Value: "1,5\x00", Recorded: "\xff", Hint: "use a point"}}
	body := []byte(`{"amount":"1,5"}`)
	got := quarantine.New(quarantine.Invalid, body, "1 field\x00 is invalid", fields, seenAt)
	want := &quarantine.Entry{
		ID: "2863bee217840c7deb96de8fd4fbddf1", Reason: "invalid", Detail: "1 field\uFFFD is invalid",
		FieldErrors: []quarantine.FieldError{{Field: "amount", Code: "comma", Value: "1,5\uFFFD", Recorded: "\uFFFD", Hint: "use a point"}},
		Body:        []byte(`{"amount":"1,5"}`), BodySize: 16, BodySHA256: sha256.Sum256(body),
		Seen: 1, FirstSeenAt: normal, LastSeenAt: normal, State: "held",
	}
	body[0], fields[0].Field = '#', "changed"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNewTruncatesAtOneMiB(t *testing.T) {
	for _, c := range []struct {
		size, kept int
		truncated  bool
	}{
		{0, 0, false},
		{1, 1, false},
		{64<<10 + 1, 64<<10 + 1, false},
		{1<<20 - 1, 1<<20 - 1, false},
		{1 << 20, 1 << 20, false},
		{1<<20 + 1, 64 << 10, true},
		{3 << 20, 64 << 10, true},
	} {
		body := bytes.Repeat([]byte("0123456789abcde"), c.size/15+1)[:c.size]
		e := quarantine.New(quarantine.TooLarge, body, "", nil, time.Time{})
		if !bytes.Equal(e.Body, body[:c.kept]) || e.Body == nil || e.Truncated != c.truncated {
			t.Errorf("%d bytes: kept %d, truncated %t", c.size, len(e.Body), e.Truncated)
		}
		if e.BodySize != int64(c.size) || e.BodySHA256 != sha256.Sum256(body) {
			t.Errorf("%d bytes: size %d or hash is not that of the whole body", c.size, e.BodySize)
		}
		if e.ID != quarantine.EntryID(quarantine.TooLarge, sha256.Sum256(body)) {
			t.Errorf("%d bytes: the id is not that of the whole body", c.size)
		}
	}
}

// TestNewIsBounded: whatever is thrown at it, every store takes the entry.
func TestNewIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.Custom(func(t *rapid.T) quarantine.FieldError {
			return quarantine.FieldError{Field: dirty.Draw(t, "field"), Code: dirty.Draw(t, "code"), Value: dirty.Draw(t, "value"),
				Recorded: dirty.Draw(t, "recorded"), Hint: dirty.Draw(t, "hint")}
		})
		fields := rapid.SliceOfN(field, 0, 40).Draw(t, "fields")
		e := quarantine.New(quarantine.Rejected, nil, dirty.Draw(t, "detail"), fields, time.Time{})
		checkText(t, e.Detail, 1024)
		if len(e.FieldErrors) != min(len(fields), 32) {
			t.Errorf("%d of %d field errors", len(e.FieldErrors), len(fields))
		}
		for _, f := range e.FieldErrors {
			for _, s := range []string{f.Field, f.Code, f.Value, f.Recorded, f.Hint} {
				checkText(t, s, 256)
			}
		}
	})
}
