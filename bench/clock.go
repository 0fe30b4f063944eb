package main

import (
	"syscall"
	"time"
)

// spent is time on the clock and on the processors.
type spent struct{ wall, client, broker, database time.Duration }

// result is what n messages took.
type result struct {
	n int
	spent
}

func (r result) perSecond() float64 { return float64(r.n) / r.wall.Seconds() }

// cost is CPU time of a message in microseconds. What runs inside this process
// is the client's.
type cost struct {
	Client   float64 `json:"client"`
	Broker   float64 `json:"broker"`
	Database float64 `json:"database"`
}

func (r result) cost() cost {
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(r.n) }
	return cost{each(r.client), each(r.broker), each(r.database)}
}

func (c cost) plus(o cost) cost {
	return cost{c.Client + o.Client, c.Broker + o.Broker, c.Database + o.Database}
}

func (c cost) sum() float64 { return c.Client + c.Broker + c.Database }

// now reads all clocks.
func (r *rig) now() spent {
	s := spent{wall: time.Since(began)}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil {
		s.client = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	s.broker, s.database = r.cpu()
	return s
}

var began = time.Now()

// since is what n messages took from then on.
func (r *rig) since(then spent, n int) result {
	s := r.now()
	return result{n, spent{s.wall - then.wall, s.client - then.client, s.broker - then.broker, s.database - then.database}}
}
