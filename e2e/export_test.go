package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// exportPlace is a folder whose payments are recorded in its own SQLite file,
// or in a database of a server, PostgreSQL's behind a proxy.
type exportPlace struct {
	*place
	proxy *testserver.Proxy
}

func newExportPlaces(t *testing.T) map[string]exportPlace {
	sqlite, postgres := exportPlace{place: newPlace(t)}, exportPlace{place: newPlace(t)}
	server := testserver.Postgres(t)
	postgres.look = server.URL("postgres", server.Database(t))
	postgres.proxy = server.Proxy(t)
	postgres.env = []string{"RECIBO_STORE=" + strings.Replace(postgres.look, server.Addr(), postgres.proxy.Addr(), 1)}
	mysql, mongo := exportPlace{place: newPlace(t)}, exportPlace{place: newPlace(t)}
	mysql.env = []string{"RECIBO_STORE=" + testserver.MariaDB(t).URL("root", testserver.MariaDB(t).Database(t))}
	mongo.env = []string{"RECIBO_STORE=" + testserver.SecantusDB(t).URL("", testserver.SecantusDB(t).Database(t))}
	places := map[string]exportPlace{"sqlite": sqlite, "postgres": postgres, "mysql": mysql, "mongodb": mongo}
	for _, p := range places {
		p.run(0, nil, "migrate")
	}
	return places
}

// fill records the same stream in any place, and lines as they were published.
func (p exportPlace) fill(lines []string, stream ...string) {
	p.t.Helper()
	p.run(0, nil, append([]string{"simulate"}, stream...)...)
	path := filepath.Join(p.t.TempDir(), "lines.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.run(0, nil, "publish", path)
	p.run(0, nil, "record", "--until-idle", "500ms")
}

// export returns the bytes of one export.
func (p exportPlace) export(args ...string) string {
	p.t.Helper()
	cmd := p.command(append([]string{"payments", "export"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("payments export %v: %v", args, err)
	}
	return string(out)
}

// oddPayments differ where databases like to differ: letter case, signs and
// scripts in what is sorted at one instant, decimals, and how JSON is kept.
func oddPayments() []string {
	var lines []string
	for i, id := range []string{"a", "B", "b", "A", "_", "-", "~", "!", "a-", "a_", "aa", "Z", "z", "0", "10", "9", "a!b"} {
		lines = append(lines, fmt.Sprintf(`{"transaction_id":%q,"amount":"%d.50","payer_account":"conta é 漢字 🙂","payee_account":"'; --","occurred_at":"2026-01-01T00:00:01.001Z"}`, id, i+1))
	}
	return append(lines,
		`{"transaction_id":"kwd","amount":"1.5","currency":"KWD","payer_account":"p","payee_account":" q ","occurred_at":"2099-12-31T23:59:59.999999Z"}`,
		`{"transaction_id":"jpy","amount":"999999999999","currency":"JPY","payer_account":"p","payee_account":"q","occurred_at":"2000-01-01T00:00:00+14:00"}`,
		`{"transaction_id":"extra","amount":"1","payer_account":"p","payee_account":"q","occurred_at":"2026-01-01T00:00:00Z","z": [1.0, 1e2, 12345678901234567890.10, {"b": null, "a": "\u00e9\n\u001b"}], "A": {}, "a": ""}`)
}

// TestExportIsTheSameFromEveryStore compares bytes: the exports of the same
// events from all databases do not differ, whatever is asked for.
func TestExportIsTheSameFromEveryStore(t *testing.T) {
	t.Parallel()
	places := newExportPlaces(t)
	for _, p := range places {
		// Without duplicates: of two with another extra either may be the first.
		p.fill(oddPayments(), "--count", "5000", "--seed", "41", "--faults", "malformed=1%,invalid=1%,reorder=2%")
	}
	for _, args := range [][]string{
		{"--columns", "business", "--show-accounts"},
		{"--columns", "business", "--show-accounts", "--format", "ndjson"},
		{"--columns", "business", "--spreadsheet"},
		{"--columns", "business", "--source", "api"},
		{"--columns", "business", "--account", "conta é 漢字 🙂", "--min", "3.50", "--max", "9.50"},
		{"--columns", "business", "--since", "2026-01-01T00:00:30Z", "--until", "2026-01-01T00:01:30Z"},
		{"--columns", "occurred_at,transaction_id"},
	} {
		want := places["sqlite"].export(args...)
		for name, p := range places {
			if got := p.export(args...); got != want {
				n := firstDifference(got, want)
				t.Errorf("%s: export %v differs from line %d on:\n%s\nwant\n%s", name, args, n, lineOf(got, n), lineOf(want, n))
			}
		}
		if strings.Count(want, "\n") < 5 {
			t.Errorf("export %v has only\n%s", args, want)
		}
	}
}

func lineOf(text string, n int) string {
	lines := strings.Split(text, "\n")
	return lines[min(n, len(lines))-1]
}

func firstDifference(a, b string) int {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return i + 1
		}
	}
	return min(len(as), len(bs)) + 1
}

// TestExportGoesThroughAnOutage: the connection is cut while somebody reads the
// export, and comes back: the bytes are those of an export without an outage.
func TestExportGoesThroughAnOutage(t *testing.T) {
	t.Parallel()
	p := newExportPlaces(t)["postgres"]
	p.fill(nil, "--count", "8000", "--seed", "42", "--faults", "none")
	want := p.export()
	cmd := p.command("payments", "export", "--wait", "1m")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	got := &bytes.Buffer{}
	if _, err := io.CopyN(got, pipe, 1000); err != nil {
		t.Fatal(err)
	}
	p.proxy.Cut() // what is in the pipe by now is a small part of it
	time.AfterFunc(time.Second, p.proxy.Restore)
	if _, err := io.Copy(got, pipe); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("%d bytes, which differ from the %d without an outage from line %d on", got.Len(), len(want), firstDifference(got.String(), want))
	}
}

// TestExportOfOneMoment: what is recorded later does not show, though it stands
// between the rows of before.
func TestExportOfOneMoment(t *testing.T) {
	t.Parallel()
	for name, p := range newExportPlaces(t) {
		t.Run(name, func(t *testing.T) {
			p.fill(nil, "--count", "2000", "--seed", "43")
			want := p.export()
			moment := time.Now().UTC().Add(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
			time.Sleep(2 * time.Millisecond) // the resolution of recorded_at
			p.fill(nil, "--count", "2000", "--seed", "44")
			if got := p.export("--recorded-until", moment); got != want {
				t.Errorf("differs from line %d on", firstDifference(got, want))
			}
			if got := p.export("--recorded-until", "now"); len(got) < len(want)*3/2 {
				t.Errorf("only %d bytes", len(got))
			}
		})
	}
}
