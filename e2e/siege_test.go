package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"recibo/e2e/campaign"
	"recibo/internal/testserver"
	"recibo/quarantine"
)

// siege is one long run of the campaign: a simulator and a recorder on a pair of
// systems, into which faults are thrown one after the other. In the end the
// books must tell of none of them.
type siege struct {
	*trial
	random *rand.Rand // of the seed: what is left to chance
	result *campaign.Run

	simulator *exec.Cmd
	simulated int                          // simulators so far
	extra     map[string]quarantine.Reason // entries of what the faults themselves sent

	giantTaken bool // a message of 64 MB had to go through the recorder
}

const (
	// diskSize is enough for an hour, and PostgreSQL's own files.
	diskSize = 512 << 20
	// siegeRate is slow enough for every pair, and fast enough for a payment to be
	// due at any moment.
	siegeRate = "110/s"
)

// besiege lives through one run and throws these kinds of faults, until the
// time is up. After each it calls struck, by which the report is kept.
func besiege(t *testing.T, result *campaign.Run, kinds []kind, until time.Time, struck func(campaign.Strike)) {
	s := newSiege(t, result, kinds)
	s.begin()
	for _, k := range kinds {
		if time.Now().After(until) {
			break
		}
		strike := s.strike(k)
		result.Strikes = append(result.Strikes, strike)
		struck(strike)
	}
	s.end()
	s.prove()
}

func newSiege(t *testing.T, result *campaign.Run, kinds []kind) *siege {
	p := newPlace(t)
	if result.Store == "sqlite" || result.Store == "postgres" {
		if disk, err := testserver.NewDisk(t, diskSize); err == nil {
			p.disk = disk
		}
	}
	s := &siege{result: result, random: rand.New(rand.NewPCG(result.Seed, 6)), extra: map[string]quarantine.Reason{},
		trial: newTrial(p, systemNamed(t, queueSides, result.Queue), systemNamed(t, storeSides, result.Store))}
	p.env = append(p.env, "GOTRACEBACK=all")
	if slices.ContainsFunc(kinds, func(k kind) bool { return k.name == partitionMissing }) {
		s.partition()
	}
	return s
}

// begin starts what runs all the time.
func (s *siege) begin() {
	s.recorder = s.start("record")
	s.simulate()
	s.gauge = watch(s.t, s.look)
	s.await(30*time.Second, "the first payment", func() bool { return s.gauge.count() > 0 })
}

// simulate starts a simulator.
func (s *siege) simulate() { s.simulator = s.start(append(s.stream(), "--rate", siegeRate)...) }

// stream is a simulator with a stream that none before it had.
func (s *siege) stream() []string {
	start := defaultStart.AddDate(0, 0, s.simulated)
	seed := s.result.Seed*1000 + uint64(s.simulated)
	s.simulated++
	return []string{"simulate", "--seed", fmt.Sprint(seed), "--start", start.Format(time.RFC3339), "--faults", threePercent, "--ledger", s.ledger()}
}

func (s *siege) ledger() string { return filepath.Join(s.dir, "sent.ndjson") }

// strike throws one fault, and wants payments to be recorded again in time, the
// outage to be over in the books, and the books to agree.
func (s *siege) strike(k kind) campaign.Strike {
	s.t.Helper()
	began := time.Now()
	k.strike(s)
	ended := time.Now()
	s.await(recoverWithin, "the payments so far to be counted after "+k.name, func() bool { return s.gauge.look(s.t.Context()) })
	before, counted := s.gauge.count(), time.Now()
	strike := campaign.Strike{Kind: k.name, Lasted: ended.Sub(began), Bound: recoverWithin + s.queue.comesBack + k.patience}
	s.await(strike.Bound+time.Minute, "recording again after "+k.name, func() bool { return s.gauge.count() > before })
	strike.Recovery = counted.Sub(ended) + s.gauge.next(counted)
	if strike.Recovery > strike.Bound {
		s.fail("%s: recording again only after %v, not within %v", k.name, strike.Recovery, strike.Bound)
	}
	s.await(2*recoverWithin, "the end of the outage in the books after "+k.name, func() bool { return s.gauge.outages() == 0 })
	s.booksAgree(k.name)
	s.measure()
	return strike
}

// await waits until done. If that does not come the run is over, and recorder and
// simulator tell where they hang.
func (s *siege) await(most time.Duration, what string, done func() bool) {
	s.t.Helper()
	for began := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > most {
			s.goroutines(s.recorder)
			s.goroutines(s.simulator)
			s.fail("%s: not within %v", what, most)
			s.t.FailNow()
		}
	}
}

// fail notes what is wrong, and goes on.
func (s *siege) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf(format, args...)
	s.result.Failed = append(s.result.Failed, fmt.Sprintf(format, args...))
}

// pause is how long a fault lasts.
func (s *siege) pause() { time.Sleep(time.Second + s.upTo(3*time.Second)) }

func (s *siege) upTo(d time.Duration) time.Duration { return time.Duration(s.random.Int64N(int64(d))) }

// stops wants a fault to bite: nothing is recorded any more, and the recorder
// waits.
func (s *siege) stops(what string) {
	s.t.Helper()
	s.quiet(what)
	if err := s.recorder.Process.Signal(syscall.Signal(0)); err != nil {
		s.fail("%s: the recorder did not wait but ended: %v", what, err)
	}
}

// quiet waits until nothing is recorded for a while.
func (s *siege) quiet(after string) {
	s.t.Helper()
	const enough = 700 * time.Millisecond
	last, since := s.gauge.count(), time.Now()
	for began := time.Now(); time.Since(since) < enough; time.Sleep(20 * time.Millisecond) {
		if n := s.gauge.count(); n > last {
			last, since = n, time.Now()
		}
		if time.Since(began) > 20*time.Second {
			s.fail("%s: payments are recorded all the same", after)
			return
		}
	}
}

// end lets the simulator finish and the recorder drain, and looks at what the
// recorder has left of itself.
func (s *siege) end() {
	s.t.Helper()
	if err := s.simulator.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	_ = s.simulator.Wait() // 1 if something had no answer
	s.drained()
	s.measure()
	s.result.Recorder.Goroutines = s.goroutines(s.recorder)
	s.compareWithFresh()
	s.run(0, nil, "record", "--until-idle", "3s")
}

// compareWithFresh has a recorder that was just started record a little, and
// counts its goroutines too.
func (s *siege) compareWithFresh() {
	s.t.Helper()
	before := s.gauge.count()
	fresh := s.start("record")
	s.run(0, nil, append(s.stream(), "--count", "300")...)
	s.await(30*time.Second+s.queue.comesBack, "a fresh recorder to record", func() bool { return s.gauge.count() > before })
	s.drained()
	s.result.Recorder.Fresh = s.goroutines(fresh)
}

// drained waits until nothing is recorded any more.
func (s *siege) drained() {
	last, since := int64(-1), time.Now()
	s.await(3*time.Minute, "the queue to be empty", func() bool {
		if n := s.gauge.count(); n > last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 3*time.Second
	})
}

// prepared makes a file of the place.
func (s *siege) prepared(name string, text []byte) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}
