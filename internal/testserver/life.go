package testserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	startTimeout = 90 * time.Second // RabbitMQ takes 6 s alone on two cores
	stopTimeout  = 60 * time.Second
)

// The methods below are called with mu held.

func (s *Server) roots() []int {
	pids := s.announced
	for _, p := range s.running {
		pids = append(pids, p.pid)
	}
	return pids
}

func (s *Server) spending() time.Duration {
	var sum time.Duration
	for _, p := range tree(s.roots()...) {
		sum += p.spent
	}
	return sum
}

func (s *Server) start() error {
	if len(s.running) > 0 {
		return errors.New("it runs already")
	}
	for _, d := range s.daemons {
		p, err := d.start()
		if err != nil {
			return errors.Join(err, s.kill())
		}
		s.running = append(s.running, p)
	}
	if err := s.await(); err != nil {
		return errors.Join(err, s.kill())
	}
	return nil
}

// await waits until the server is ready, or one of its processes ends.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.attempt(ctx)
		if err == nil {
			return nil
		}
		for _, p := range s.running {
			if !p.running() {
				return fmt.Errorf("%s ended while starting: %s", filepath.Base(p.path), p.end)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %v: %w", startTimeout, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) attempt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.answers(ctx); err != nil || s.ready == nil {
		return err
	}
	return s.ready(ctx)
}

// stop asks the last daemon to end, then the one before it.
func (s *Server) stop() error {
	if err := s.thaw(); err != nil {
		return err
	}
	for len(s.running) > 0 {
		last := s.running[len(s.running)-1]
		_ = syscall.Kill(last.pid, last.daemon.stop)
		select {
		case <-last.done:
			s.spent += last.spent
			s.running = s.running[:len(s.running)-1]
		case <-time.After(stopTimeout):
			return errors.Join(fmt.Errorf("%s does not end", filepath.Base(last.path)), s.kill())
		}
	}
	return nil
}

func (s *Server) kill() error {
	pids, err := halt(s.roots()...)
	if err != nil {
		return err
	}
	// Nobody will wait for the children, so their time is looked up before.
	children := s.spending()
	for _, p := range s.running {
		if own, ok := readStatus(fmt.Sprintf("/proc/%d/stat", p.pid)); ok {
			children -= own.spent
		}
	}
	if err := end(pids); err != nil {
		return err
	}
	for _, p := range s.running {
		<-p.done
		s.spent += p.spent
	}
	s.spent += children
	s.running, s.frozen = nil, nil
	return s.thaw() // nothing is left to be thawed, but a guard to be called off
}

func (s *Server) freeze() error {
	pids, err := halt(s.roots()...)
	if err != nil {
		return err
	}
	if s.release == nil {
		s.release, err = guard(pids)
	}
	s.frozen = pids
	return err
}

func (s *Server) thaw() error {
	if s.release != nil {
		s.release()
	}
	signal(s.frozen, syscall.SIGCONT)
	s.frozen, s.release = nil, nil
	return nil
}

// remove ends the server for good and takes its folders away.
func (s *Server) remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.kill(); err != nil {
		return err
	}
	if s.undo != nil {
		s.undo()
	}
	if keep() {
		say("%s of %s stays", s.dir, s.name)
		return nil
	}
	return errors.Join(os.RemoveAll(s.data), os.RemoveAll(s.dir))
}
