package jetstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// listen asks the server now and then for its account, as its clients do. One
// that runs and answers nothing any more was met once after a full disk, without
// a word in its log: watch then has it started again.
func (h *host) listen() {
	ticks := time.NewTicker(listenEvery)
	defer ticks.Stop()
	for silent := 0; ; {
		select {
		case <-h.stopped:
			return
		case <-ticks.C:
		}
		if !h.server.Running() {
			return // watch has stopped it
		}
		ctx, cancel := context.WithTimeout(context.Background(), listenEvery)
		err := (*h.ask.Load())(ctx)
		cancel()
		if err == nil {
			silent = 0
			continue
		}
		if silent++; silent == deafAfter {
			h.words.write(slog.LevelError, "does not answer itself: %v; it is started again", []any{err})
			h.deaf.Store(true)
			return
		}
	}
}

// askItself asks over a connection of its own within the process, so that
// nothing but the server can be to blame.
func (h *host) askItself(ctx context.Context) error {
	nc, err := nats.Connect("", nats.InProcessServer(h.server), nats.Token(h.token), nats.Name("recibo host"),
		nats.NoReconnect(), nats.Timeout(listenEvery))
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err == nil {
		_, err = js.AccountInfo(ctx)
	}
	return err
}
