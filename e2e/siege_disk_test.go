package e2e_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// fillDisk leaves no room where the database has its files, and an embedded
// queue its own. A server that gave up over it is started again.
func (s *siege) fillDisk() {
	s.disk.Fill(s.t)
	s.stops("the full disk")
	s.pause()
	s.disk.Free(s.t)
	if server := s.store.server; server != nil && server.Answers(5*time.Second) != nil {
		server.Kill(s.t)
		server.Start(s.t)
	}
}

// breakDisk makes the disk read-only under everybody's hands. To repair it all
// who have files on it must be ended: they are killed.
func (s *siege) breakDisk() {
	s.measure()
	s.disk.Break(s.t)
	s.pause()
	s.signal(syscall.Signal(0)) // it waits
	if s.store.server != nil {
		s.store.server.Kill(s.t)
		s.disk.Repair(s.t)
		s.store.server.Start(s.t)
		return
	}
	s.gauge.blind()
	_ = s.look.Close()
	kill(s.recorder)
	embedded := s.queue.server == nil
	if embedded {
		kill(s.simulator)
	}
	s.store.admin.SetMaxIdleConns(0)
	s.disk.Repair(s.t)
	s.recorder = s.start("record")
	if embedded {
		s.simulate()
	}
	s.see()
}

// see opens the store again to look at it.
func (s *siege) see() {
	s.t.Helper()
	var err error
	if s.look, err = s.store.look(context.WithoutCancel(s.t.Context())); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.look.Close() })
	s.gauge.see(s.look)
	s.store.admin.SetMaxIdleConns(2)
}

// noDisk is why this machine mounts no disk for us; empty if it does.
func noDisk(t *testing.T) string {
	t.Helper()
	if _, err := testserver.NewDisk(t, 8<<20); err != nil {
		return err.Error()
	}
	return ""
}
