package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
)

const (
	shortOutage = 2 * time.Second
	// trialRate is slow enough for events to flow through all faults.
	trialRate = "110/s"
)

// trial is a run of a pair through the faults of both sides.
type trial struct {
	*place
	queue, store side
	look         store.Store
	gauge        *gauge
	recorder     *exec.Cmd
	struck       []struckFault
}

// struckFault is what a fault did: Gap is the longest time without a commit
// from its beginning on, outage and all; Recovery the time from its end to the
// next commit.
type struckFault struct {
	Name          string
	Gap, Recovery time.Duration
}

func newTrial(p *place, queue, store system) *trial {
	t := p.t
	r := &trial{place: p}
	var both sync.WaitGroup
	both.Go(func() { r.queue = queue.make(r.place) })
	both.Go(func() { r.store = store.make(r.place) })
	both.Wait()
	if r.t.Failed() || r.t.Skipped() {
		r.t.FailNow()
	}
	r.env = append(r.queue.env, r.store.env...)
	r.run(0, nil, "migrate")
	var err error
	if r.look, err = r.store.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.look.Close() })
	return r
}

// through sends the stream and strikes with every fault of both sides, and the
// recorder's.
func (r *trial) through(stream []string) {
	r.t.Helper()
	r.recorder = r.start("record")
	sender := r.start(append([]string{"simulate", "--rate", trialRate}, stream...)...)
	r.gauge = watch(r.t, r.look)
	r.recovers(namedFault{"start", func() {}}, 20*time.Second)
	for _, f := range r.store.faults(r) {
		r.recovers(f, recoverWithin)
	}
	r.recovers(namedFault{"recorder killed", r.killRecorder}, recoverWithin+r.queue.comesBack)
	for _, f := range r.queue.faults(r) {
		r.recovers(f, recoverWithin+r.queue.comesBack)
	}
	r.recovers(namedFault{"recorder killed again", r.killRecorder}, recoverWithin+r.queue.comesBack)
	if err := sender.Wait(); err != nil {
		r.t.Fatalf("the simulator did not get over the faults: %v", err)
	}
	kill(r.recorder)
	r.run(0, nil, "record", "--until-idle", "2s")
}

// recovers strikes and wants payments to be recorded again within so long, and
// the outage to be over in the books soon after.
func (r *trial) recovers(f namedFault, within time.Duration) {
	r.t.Helper()
	began := time.Now()
	f.strike()
	ended := time.Now()
	before := r.gauge.count()
	await(r.t, within, "recording again after: "+f.name, func() bool { return r.gauge.count() > before })
	await(r.t, recoverWithin, "the end of the outage after: "+f.name, func() bool { return r.gauge.outages() == 0 })
	s := struckFault{f.name, r.gauge.longest(began), r.gauge.next(ended)}
	r.t.Logf("%s: %v without a commit, %v after it had ended", s.Name, s.Gap.Round(10*time.Millisecond), s.Recovery.Round(10*time.Millisecond))
	r.struck = append(r.struck, s)
}

func (r *trial) killRecorder() {
	time.Sleep(200 * time.Millisecond)
	kill(r.recorder)
	r.recorder = r.start("record")
}

func (r *trial) restartRecorder() {
	if err := r.recorder.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Error(err)
	}
	if err := r.recorder.Wait(); err != nil {
		r.t.Errorf("the recorder did not drain: %v", err)
	}
	r.recorder = r.start("record")
}

// hurt is what strikes a server and its connections.
func (r *trial) hurt(what string, s *testserver.Server, proxy *testserver.Proxy) []namedFault {
	return []namedFault{
		{what + " stopped", func() { s.Stop(r.t); time.Sleep(shortOutage); s.Start(r.t) }},
		{what + " killed", func() { s.Kill(r.t); s.Start(r.t) }},
		{what + " frozen", func() { s.Freeze(r.t); time.Sleep(shortOutage); s.Thaw(r.t) }},
		{what + " cut", func() { cutHalfWay(r.t, proxy, 3000); proxy.Cut(); time.Sleep(shortOutage / 2); proxy.Restore() }},
	}
}

// holdLock keeps everybody from writing to a SQLite file for a while.
func holdLock(t *testing.T, file string, d time.Duration) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

// write makes a file in the place that only we can read.
func (p *place) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// gauge follows how many payments are recorded.
type gauge struct {
	asking sync.Mutex
	store  store.Store // nil: nobody is to be asked

	mu    sync.Mutex
	n     int64
	grown []time.Time // when it was seen to have grown
	open  int64       // outages
}

func watch(t *testing.T, s store.Store) *gauge {
	g := &gauge{store: s}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			g.look(ctx)
			time.Sleep(min(max(4*time.Since(began), 20*time.Millisecond), 100*time.Millisecond)) // a store that is asked is not recording
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return g
}

// look asks once; while the store is away there is no answer.
func (g *gauge) look(ctx context.Context) (answered bool) {
	g.asking.Lock()
	defer g.asking.Unlock()
	if g.store == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	totals, err := g.store.Reader().Totals(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		return false
	}
	g.open = totals.OutagesOpen
	if totals.Recorded > g.n {
		g.n, g.grown = totals.Recorded, append(g.grown, time.Now())
	}
	return true
}

// see has it look at a store, blind at none.
func (g *gauge) see(s store.Store) {
	g.asking.Lock()
	defer g.asking.Unlock()
	g.store = s
}

func (g *gauge) blind() { g.see(nil) }

func (g *gauge) outages() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

func (g *gauge) count() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// longest is the longest stretch without growth that ended after began.
func (g *gauge) longest(began time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	var most time.Duration
	for i, at := range g.grown {
		if i > 0 && at.After(began) {
			most = max(most, at.Sub(g.grown[i-1]))
		}
	}
	return most
}

// next is how long after ended it grew.
func (g *gauge) next(ended time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, at := range g.grown {
		if at.After(ended) {
			return at.Sub(ended)
		}
	}
	return 0
}

func (s struckFault) String() string {
	return fmt.Sprintf("%s %.1f", s.Name, s.Gap.Seconds())
}
