package simulation_test

import (
	"hash/crc32"
	"slices"
	"sync/atomic"
	"time"

	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/store"
)

// do lets one step happen.
func (w *world) do(s step) {
	ms := time.Duration(s.A) * time.Millisecond
	switch s.Do {
	case doPublish:
		w.publish(1 + s.A)
	case doRecord:
		r := w.start(0, s.B)
		time.Sleep(ms)
		r.end()
	case doCrash:
		r := w.start(1+s.A, s.B)
		select {
		case <-r.ctx.Done():
		case <-time.After(30 * time.Second): // there was too little to do
		}
		r.end()
	case doStart:
		if len(w.running) < 3 {
			w.running = append(w.running, w.start(0, s.B))
		}
	case doStop:
		w.stopAll(false)
	case doKill:
		w.stopAll(true)
	case doClock:
		w.mu.Lock()
		w.offset = ms - time.Hour
		w.mu.Unlock()
	default:
		if !w.hurtStore(s) && !w.hurtQueue(s) {
			w.people(s)
		}
	}
}

func (w *world) hurtStore(s step) bool {
	switch s.Do {
	case doStoreFails:
		// Of the classes, outages and races may come any time; data errors without
		// a guilty payment would be a store that lies.
		class := []store.Class{store.ClassOutage, store.ClassTransient, store.ClassUnknownCommit, store.ClassTooSlow, store.ClassTooBig, store.ClassTransient}[s.A]
		w.store.FailNext(1+s.B, class)
		w.model.mayReject = w.model.mayReject || class == store.ClassTooBig // alone and too big is rejected
	case doLoseReplies:
		w.store.LoseReplies(1 + s.A)
	case doLoseCommits:
		w.store.LoseCommits(1 + s.A)
	case doStoreDown:
		w.store.Down("connection refused")
		time.AfterFunc(time.Duration(s.A)*time.Millisecond, w.store.Up)
	case doRefuseAbove:
		class := []store.Class{store.ClassTooBig, store.ClassTooSlow, store.ClassTooBig}[s.B]
		w.store.RefuseAbove(1+s.A, class)
	case doRefuse:
		w.model.refused = append(w.model.refused, uint32(2+s.A))
		w.store.RefusePayments(func(p *store.Payment) string {
			if guilty(p.TransactionID, uint32(2+s.A)) {
				return "violates a rule"
			}
			return ""
		})
	case doAllow:
		w.store.RefusePayments(nil)
	default:
		return false
	}
	return true
}

// guilty picks a part of the payments, the same ones each time.
func guilty(id string, part uint32) bool { return crc32.ChecksumIEEE([]byte(id))%part == 0 }

func (w *world) hurtQueue(s step) bool {
	switch s.Do {
	case doQueueDown:
		w.broker.Down()
		time.AfterFunc(time.Duration(s.A)*time.Millisecond, w.broker.Up)
	case doLoseAcks:
		var told error
		if s.B == 1 {
			told = queuetest.ErrInjected
		}
		w.hooks(func() { w.broker.BeforeAck = queuetest.LoseAcks(1+s.A, told) })
	case doFailReceives:
		w.hooks(func() { w.broker.BeforeReceive = queuetest.FailReceives(1 + s.A) })
	case doDouble:
		w.hooks(func() { w.broker.AfterReceive = queuetest.Double(2 + s.A) })
	case doShuffle:
		w.hooks(func() { w.broker.AfterReceive = queuetest.Shuffle(uint64(s.A)) })
	case doDrop:
		w.hooks(func() { w.broker.AfterReceive = drop(2 + s.A) })
	case doTruncate:
		w.hooks(func() { w.broker.AfterReceive = w.truncate(2 + s.A) })
	case doLosePublishes:
		w.broker.AfterPublish = queuetest.LoseReplies(1 + s.A)
	case doFailPublishes:
		w.broker.BeforePublish = queuetest.FailPublishes(1 + s.A)
	case doCalm:
		w.calm()
	default:
		return false
	}
	return true
}

// hooks sets hooks while no recorder uses them.
func (w *world) hooks(set func()) {
	w.stopAll(false)
	set()
}

func (w *world) calm() {
	w.hooks(func() {
		w.broker.BeforeAck, w.broker.BeforeReceive, w.broker.AfterReceive = nil, nil, nil
		w.broker.BeforePublish, w.broker.AfterPublish = nil, nil
	})
}

// drop hands every nth delivery to nobody: it is redelivered once its source is
// closed.
func drop(nth int) func([]queue.Delivery) []queue.Delivery {
	var seen atomic.Int64
	return func(ds []queue.Delivery) []queue.Delivery {
		return slices.DeleteFunc(ds, func(queue.Delivery) bool { return seen.Add(1)%int64(nth) == 0 })
	}
}

// truncate hands every nth delivery out twice, first cut short, as a message of
// its own: to settle that one settles nothing.
func (w *world) truncate(nth int) func([]queue.Delivery) []queue.Delivery {
	var seen atomic.Int64
	return func(ds []queue.Delivery) []queue.Delivery {
		var out []queue.Delivery
		for _, d := range ds {
			if seen.Add(1)%int64(nth) == 0 {
				short := d
				short.Body, short.Headers, short.Receipt = d.Body[:len(d.Body)/2], nil, nil
				w.published([]queue.Message{short.Message})
				out = append(out, short)
			}
			out = append(out, d)
		}
		return out
	}
}
