package e2e_test

import (
	"bytes"
	"strings"
	"testing"

	"recibo/internal/testserver"
)

// TestStandalone: a MongoDB without transactions is refused before anything
// starts, and taken with a warning by who accepts it. Reading needs no flag.
func TestStandalone(t *testing.T) {
	t.Parallel()
	s := testserver.NewSecantusDB(t, testserver.Setting("standalone", ""))
	p := newPlace(t)
	p.env = []string{"RECIBO_STORE=" + s.URL("", s.Database(t))}
	for _, args := range [][]string{{"migrate"}, {"record", "--migrate", "--until-idle", "1s"}} {
		cmd := p.command(args...)
		_ = cmd.Run()
		said := cmd.Stderr.(*bytes.Buffer).String()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(said, "transactions") || !strings.Contains(said, "--allow-standalone") {
			t.Errorf("%v on a standalone server: exit code %d, said %q", args, cmd.ProcessState.ExitCode(), said)
		}
	}
	p.run(0, nil, "simulate", "--count", "500", "--seed", "9")
	p.warned("no transactions", "record", "--migrate", "--allow-standalone", "--until-idle", "1s")
	var got reconciled
	p.run(0, &got, "reconcile", "--seed", "9", "--count", "500", "--output", "json")
	if !got.Balanced || got.Accounted != 500 {
		t.Errorf("reconcile says %+v, want balanced", got)
	}
}

// TestCommitsThatPowerLossTakes: a MySQL that does not sync its log at each
// commit is recorded into, with a warning.
func TestCommitsThatPowerLossTakes(t *testing.T) {
	t.Parallel()
	s := testserver.NewMariaDB(t, testserver.Setting("innodb_flush_log_at_trx_commit", "2"))
	p := newPlace(t)
	p.env = []string{"RECIBO_STORE=" + s.URL("root", s.Database(t))}
	p.warned("innodb_flush_log_at_trx_commit is 2", "record", "--migrate", "--until-idle", "200ms")
}

// warned runs recibo and wants a warning with these words.
func (p *place) warned(words string, args ...string) {
	p.t.Helper()
	cmd := p.command(args...)
	if err := cmd.Run(); err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(cmd.Stderr.(*bytes.Buffer).String()) {
		if strings.Contains(line, `"WARN"`) && strings.Contains(line, words) {
			return
		}
	}
	p.t.Errorf("no warning with %q", words)
}
