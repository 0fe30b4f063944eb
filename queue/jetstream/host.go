package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// largestMessage is the largest that the embedded server takes, headers
	// included: entries of the quarantine are redriven with up to 1 MiB.
	largestMessage = 8 << 20
	startTimeout   = time.Minute // recovering a long queue takes a while
	healthEvery    = 500 * time.Millisecond

	// A server that does not answer for so long, so often in a row, is started again.
	listenEvery = 5 * time.Second
	deafAfter   = 3
)

// host is the server in this process.
type host struct {
	server  *server.Server
	words   *serverLog
	address string
	token   string
	stopped chan struct{}
	wait    sync.WaitGroup
	ask     atomic.Pointer[func(context.Context) error] // see listen
	deaf    atomic.Bool                                 // it has not answered itself for long
}

// startHost starts the server and says in the folder where it is. Call it with
// the lock held.
func startHost(dir string, log *slog.Logger) (*host, error) {
	_ = os.Remove(hostPath(dir)) // of a dead host: joining it could only fail
	if err := probe(dir); err != nil {
		return nil, err
	}
	h := &host{token: newToken(), stopped: make(chan struct{})}
	s, err := server.NewServer(&server.Options{
		ServerName:            "recibo",
		Host:                  "127.0.0.1",
		Port:                  server.RANDOM_PORT,
		Authorization:         h.token,
		JetStream:             true,
		StoreDir:              dir,
		SyncAlways:            true,
		JetStreamMaxStore:     1 << 50, // the disk is the limit, not a share of what was free at the start
		JetStreamMaxMemory:    64 << 20,
		MaxPayload:            largestMessage,
		NoSigs:                true,
		NoSystemAccount:       true,
		DisableShortFirstPing: true,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded server: %w", err)
	}
	h.server = s
	h.words = &serverLog{log: log, said: map[string]time.Time{}}
	s.SetLoggerV2(h.words, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) || !s.JetStreamEnabled() {
		h.shutdown()
		return nil, h.words.failure()
	}
	h.address = s.Addr().String()
	if err := writeHost(dir, hostFile{Address: h.address, Token: h.token, PID: os.Getpid()}); err != nil {
		h.shutdown()
		return nil, err
	}
	ask := h.askItself
	h.ask.Store(&ask)
	h.wait.Go(h.watch)
	h.wait.Go(h.listen)
	return h, nil
}

func (h *host) healthy() bool {
	return h.server.Running() && h.server.JetStreamEnabled() && !h.words.cannotWrite.Load() && !h.deaf.Load()
}

// watch stops a server that can write no more: it would answer no publish until
// it is started again, also when the disk has room again. Its clients then
// dial, and the dialer starts it.
func (h *host) watch() {
	ticks := time.NewTicker(healthEvery)
	defer ticks.Stop()
	for {
		select {
		case <-h.stopped:
			return
		case <-ticks.C:
			if !h.healthy() {
				h.shutdown()
				return
			}
		}
	}
}

func (h *host) stop() {
	close(h.stopped)
	h.wait.Wait()
	h.shutdown()
}

func (h *host) shutdown() {
	h.server.Shutdown()
	h.server.WaitForShutdown()
}
