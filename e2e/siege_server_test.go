package e2e_test

import (
	"os"
	"syscall"
	"time"

	"recibo/internal/testserver"
)

// serverKinds strike the processes of a server.
func serverKinds(system string, of func(*siege) *side) []kind {
	return []kind{
		{name: system + ": stopped", strike: func(s *siege) { of(s).server.Stop(s.t); s.pause(); of(s).server.Start(s.t) }},
		{name: system + ": killed", strike: func(s *siege) { of(s).server.Kill(s.t); of(s).server.Start(s.t) }},
		{name: system + ": frozen", strike: func(s *siege) { of(s).server.Freeze(s.t); s.pause(); of(s).server.Thaw(s.t) }},
		{name: system + ": restarted", strike: func(s *siege) { of(s).server.Restart(s.t) }},
	}
}

// wireKinds strike the connections to a server, those of the recorder and, to a
// queue, those of the simulator.
func wireKinds(system string, of func(*siege) *side) []kind {
	strike := func(harm func(*siege, *testserver.Proxy)) func(*siege) {
		return func(s *siege) {
			proxy := of(s).proxy
			harm(s, proxy)
			proxy.Restore()
		}
	}
	return []kind{
		{name: system + ": connections reset", strike: strike(func(_ *siege, p *testserver.Proxy) { p.Drop() })},
		{name: system + ": cut off", strike: strike(func(s *siege, p *testserver.Proxy) { p.Cut(); s.pause() })},
		{name: system + ": cut half-way", strike: strike(func(s *siege, p *testserver.Proxy) { cutHalfWay(s.t, p, 500+s.random.Int64N(5000)) })},
		{name: system + ": half open", strike: strike(func(s *siege, p *testserver.Proxy) {
			p.Stall([]testserver.Direction{testserver.ToClient, testserver.ToServer, testserver.Both}[s.random.IntN(3)])
			s.pause()
		})},
		{name: system + ": slow", strike: strike(func(s *siege, p *testserver.Proxy) {
			p.Delay(20*time.Millisecond + s.upTo(100*time.Millisecond))
			p.Bandwidth(100_000)
			s.pause()
		})},
	}
}

// ackKinds cut the connection in the middle of an ack, or before its answer.
func ackKinds(system, ack string) []kind {
	return []kind{{name: system + ": cut in an ack", strike: func(s *siege) {
		when := []testserver.When{testserver.Before, testserver.After, testserver.AfterReply}[s.random.IntN(3)]
		if system == "rabbitmq" && when == testserver.AfterReply {
			when = testserver.Before // it answers no ack
		}
		s.struck(s.queue.proxy, testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(ack), When: when, Skip: s.random.IntN(3)})
	}}}
}

// commitKinds cut the connection before COMMIT has passed, and after the server
// has done it and before its answer has passed. MongoDB's driver commits again by
// itself: so that is cut too.
func commitKinds(system, commit, reply string) []kind {
	cut := func(when testserver.When) func(*siege) {
		return func(s *siege) {
			t := testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(commit), When: when, Reply: []byte(reply)}
			s.struck(s.store.proxy, t)
			if system == "mongodb" {
				s.struck(s.store.proxy, t)
			}
		}
	}
	return []kind{
		{name: system + ": cut before COMMIT", strike: cut(testserver.Before)},
		{name: system + ": cut after COMMIT", strike: cut(testserver.AfterReply)},
	}
}

// struck waits until a connection was cut.
func (s *siege) struck(proxy *testserver.Proxy, t testserver.Trigger) {
	s.t.Helper()
	select {
	case <-proxy.CutWhen(t):
	case <-time.After(20 * time.Second):
		s.fail("nothing like %q passed to be cut", t.Pattern)
	}
}

func (s *siege) killRecorder() {
	time.Sleep(s.upTo(500 * time.Millisecond))
	s.measure()
	kill(s.recorder)
	s.quiet("the killed recorder") // a server may still do what that one had asked for
	s.recorder = s.start("record")
}

// stopRecorder stops it politely, while it has its hands full.
func (s *siege) stopRecorder() {
	s.measure()
	s.restartRecorder()
}

// freezeRecorder lasts longer than Kafka's session.
func (s *siege) freezeRecorder() {
	s.signal(syscall.SIGSTOP)
	s.pause()
	time.Sleep(min(s.queue.comesBack, 10*time.Second))
	s.signal(syscall.SIGCONT)
}

func (s *siege) signal(what os.Signal) {
	s.t.Helper()
	if err := s.recorder.Process.Signal(what); err != nil {
		s.t.Fatal(err)
	}
}

func (s *siege) killSimulator() {
	time.Sleep(s.upTo(500 * time.Millisecond))
	kill(s.simulator)
	s.simulate()
}
