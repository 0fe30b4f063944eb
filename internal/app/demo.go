package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/reconcile"
	"recibo/recorder"
	"recibo/simulator"
	"recibo/store"
	"recibo/store/sqlite"
)

const (
	// demoLasts is how long the simulator takes, so that people can watch.
	demoLasts = 8 * time.Second
	// demoOutage is for how long the database does not answer.
	demoOutage = 3 * time.Second
	// demoBusy is how long the demo's store waits for a lock, so that it
	// notices the outage at once.
	demoBusy = 250 * time.Millisecond
	// demoDefaultCount is how many messages it sends unless told otherwise.
	demoDefaultCount = 20_000
)

// demoFaults are more of the rare kinds than usual, so that every kind occurs.
var demoFaults = simulator.Faults{Duplicate: 10_000, Conflict: 2_000, Malformed: 5_000, Invalid: 10_000, TooLarge: 500, Reorder: 10_000}

// Demo is the result of a demo. What is not JSON is there for the story.
type Demo struct {
	Simulate  simulator.Result `json:"simulate"`
	Record    recorder.Result  `json:"record"`
	Reconcile reconcile.Result `json:"reconcile"`

	Dir     string   `json:"-"`
	Outages []Outage `json:"-"`
	Causes  []Cause  `json:"-"`
	Hint    string   `json:"-"` // of one held entry
	Example string   `json:"-"` // the transaction_id of a payment or entry
}

// DemoProgress is how far the demo is.
type DemoProgress struct {
	Sent, Total int64
	recorder.Progress
}

// Demo runs the whole main job on the embedded defaults: simulator and
// recorder at once, with an outage of the database on the way, then the proof.
func (a *App) Demo(ctx context.Context, show func(DemoProgress)) (Demo, error) {
	dir, err := demoDir(a.Config.Dir)
	if err != nil {
		return Demo{}, err
	}
	demo, err := a.demoIn(dir)
	if err != nil {
		return Demo{}, err
	}
	b, err := demo.openQueue(ctx)
	if err != nil {
		return Demo{}, err
	}
	defer closeQueue(ctx, b)
	file := demo.Config.Store.Rest()
	s, err := demo.awaitStore(ctx, func(ctx context.Context) (store.Store, error) {
		return sqlite.Open(ctx, file, sqlite.Options{BusyTimeout: demoBusy})
	}, true)
	if err != nil {
		return Demo{}, err
	}
	defer s.Close()
	run := &demoRun{App: demo, broker: b, store: s, file: file, show: show}
	return run.all(ctx, dir)
}

// demoDir makes the folder of a demo, which must not hold one yet.
func demoDir(dir string) (string, error) {
	if dir == "" {
		made, err := os.MkdirTemp("", "recibo-demo-")
		if err != nil {
			return "", usage("write --dir DIR with a folder that you may write to", "demo: %w", err)
		}
		return made, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", usage("write --dir DIR with a folder that you may write to", "demo: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "recibo.db")); err == nil {
		return "", usage("write another --dir, or leave it out for a fresh folder", "demo: %s holds a demo already", dir)
	}
	return dir, nil
}

// demoIn returns an App whose settings are those of the demo.
func (a *App) demoIn(dir string) (*App, error) {
	c := *a.Config
	var err, storeErr error
	c.Queue, err = config.ParseAddress("embedded:" + filepath.Join(dir, "queue"))
	c.Store, storeErr = config.ParseAddress("sqlite:" + filepath.Join(dir, "recibo.db"))
	c.Setup, c.Writers, c.Batch, c.UntilIdle, c.Duration, c.Ledger = true, 0, 0, 0, 0, ""
	if c.Count == 0 {
		c.Count = demoDefaultCount
	}
	if c.Seed == nil {
		c.Seed = new(uint64(1))
	}
	c.Rate = int(max(1, c.Count/int64(demoLasts/time.Second)))
	return &App{Config: &c, Log: a.Log}, errors.Join(err, storeErr)
}

// demoRun is a demo with everything open.
type demoRun struct {
	*App
	broker queue.Broker
	store  store.Store
	file   string
	show   func(DemoProgress)
}

func (d *demoRun) all(ctx context.Context, dir string) (Demo, error) {
	result := Demo{Dir: dir}
	stream := simulator.Config{Seed: *d.Config.Seed, Start: d.Config.Start, Faults: demoFaults}
	if err := stream.Validate(); err != nil {
		return result, usage("run recibo demo --help", "demo: %w", err)
	}
	if err := d.pipeline(ctx, stream, &result); err != nil {
		return result, err
	}
	if ctx.Err() != nil {
		return result, answerNo("recibo demo starts a new one", "demo: interrupted")
	}
	var err error
	result.Reconcile, err = compare(ctx, d.store.Reader(), bySeed(stream, d.Config.Count), Window{})
	if err != nil {
		return result, err
	}
	return result, d.tell(ctx, &result)
}

// pipeline runs simulator, recorder and the outage at once, until everything
// that was sent is recorded.
func (d *demoRun) pipeline(ctx context.Context, stream simulator.Config, result *Demo) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	recording, stop := context.WithCancel(ctx)
	defer stop()
	r := d.newRecorder(d.broker, d.store)
	var sent atomic.Int64
	var simulated, taken error
	var outage, feed sync.WaitGroup
	outage.Go(func() {
		taken = d.outage(ctx, func() bool { return r.Progress().Delivered >= d.Config.Count/3 })
	})
	feed.Go(func() {
		defer stop()
		result.Simulate, simulated = d.publishStream(ctx, d.broker, simulator.Simulator{
			Generator: simulator.New(stream), OnProgress: func(p simulator.Result) { sent.Store(p.Sent) }})
		outage.Wait()
		d.untilEmpty(ctx)
	})
	if d.show != nil {
		defer poll(ctx, 200*time.Millisecond, func(context.Context) {
			d.show(DemoProgress{Sent: sent.Load(), Total: d.Config.Count, Progress: r.Progress()})
		})()
	}
	var err error
	result.Record, err = r.Run(recording)
	cancel()
	feed.Wait()
	outage.Wait()
	return cmp.Or(err, simulated, taken)
}

// untilEmpty returns when nothing is ready or in flight.
func (d *demoRun) untilEmpty(ctx context.Context) {
	for ctx.Err() == nil {
		depth, err := d.broker.Depth(ctx)
		if err == nil && isZero(depth.Ready) && isZero(depth.InFlight) {
			return
		}
		pause(ctx, 50*time.Millisecond)
	}
}

func isZero(n *int64) bool { return n != nil && *n == 0 }
