package e2e_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"recibo/internal/testserver"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if own := flag.Lookup("test.parallel"); own.Value.String() == own.DefValue {
		_ = own.Value.Set("5") // these tests wait more than they work
	}
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "recibo-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "recibo")
	if out, err := exec.Command("go", "build", "-o", binary, "recibo/cmd/recibo").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return testserver.Main(m)
}

// place is a folder with a queue and a database of its own: the embedded ones,
// unless env names others.
type place struct {
	t    *testing.T
	dir  string
	env  []string         // RECIBO_QUEUE and RECIBO_STORE of a real pair
	look string           // where the tests look into its PostgreSQL database; empty: SQLite
	said []*bytes.Buffer  // all output so far
	disk *testserver.Disk // where SQLite or PostgreSQL keep their data; nil: where everybody does
}

func newPlace(t *testing.T) *place { return &place{t: t, dir: t.TempDir()} }

func (p *place) file() string { return filepath.Join(p.dir, "recibo-data", "recibo.db") }

// data is where the systems of a pair that are no servers keep their files.
func (p *place) data() string {
	if p.disk != nil {
		return p.disk.Dir()
	}
	return p.dir
}

// database opens a database for looking at it, and for harming it.
func (p *place) database(driver, address string) *sql.DB {
	p.t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { db.Close() })
	return db
}

// command prepares recibo in the place. What it says goes to the test's log
// when the test fails.
func (p *place) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "XDG_CONFIG_HOME="+p.dir)
	cmd.Env = append(cmd.Env, p.env...)
	log := &bytes.Buffer{}
	cmd.Stderr = log
	p.said = append(p.said, log)
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("recibo %v said:\n%s", args, log)
		}
	})
	return cmd
}

// run runs recibo to its end, wants the exit code, and decodes its JSON result
// into result unless that is nil.
func (p *place) run(code int, result any, args ...string) {
	p.t.Helper()
	cmd := p.command(args...)
	out := &bytes.Buffer{}
	cmd.Stdout = out
	p.said = append(p.said, out)
	timer := time.AfterFunc(3*time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != code {
		p.t.Fatalf("recibo %v: %v, want exit code %d\n%s\n%s", args, err, code, out, cmd.Stderr)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(out.Bytes(), result); err != nil {
		p.t.Fatalf("recibo %v: %v in %q", args, err, out)
	}
}

// start starts recibo and kills it at the end of the test if it still runs.
func (p *place) start(args ...string) *exec.Cmd {
	p.t.Helper()
	cmd := p.command(args...)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { kill(cmd) })
	return cmd
}

// kill is kill -9.
func kill(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// open opens the place's database for looking at it.
func (p *place) open() *sql.DB {
	p.t.Helper()
	if p.look != "" {
		return p.database("pgx", p.look)
	}
	return p.database("sqlite", "file:"+p.file()+"?_pragma=busy_timeout(5000)")
}

// value answers a query for one number; 0 while there is no table yet.
func (p *place) value(db *sql.DB, query string, args ...any) int64 {
	p.t.Helper()
	var n sql.NullInt64
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return n.Int64
}

// whatIsSent tells what a stream consists of, by sending it elsewhere.
func (p *place) whatIsSent(stream []string) simulated {
	p.t.Helper()
	var sent simulated
	newPlace(p.t).run(0, &sent, append([]string{"simulate", "--output", "json"}, stream...)...)
	return sent
}

// reconcile wants the stream of a simulate command accounted for.
func (p *place) reconcile(stream []string, want reconciled) {
	p.t.Helper()
	var got reconciled
	p.run(0, &got, append([]string{"reconcile", "--output", "json"}, stream...)...)
	if got != want {
		p.t.Errorf("reconcile says %+v, want %+v", got, want)
	}
}

type reconciled struct {
	Balanced   bool  `json:"balanced"`
	Expected   int64 `json:"expected"`
	Recorded   int64 `json:"recorded"`
	Missing    int64 `json:"missing"`
	Unexpected int64 `json:"unexpected"`
	Differing  int64 `json:"differing"`
	Held       int64 `json:"held"`
	Accounted  int64 `json:"accounted"`
}

type simulated struct {
	Sent      int64 `json:"sent"`
	InDoubt   int64 `json:"in_doubt"`
	Unique    int64 `json:"unique"`
	Duplicate int64 `json:"duplicate"`
	Conflict  int64 `json:"conflict"`
	Malformed int64 `json:"malformed"`
	Invalid   int64 `json:"invalid"`
	TooLarge  int64 `json:"too_large"`
}

func (s simulated) faulty() int64 { return s.Conflict + s.Malformed + s.Invalid + s.TooLarge }
