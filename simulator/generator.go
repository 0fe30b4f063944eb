package simulator

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
)

// Config is what a stream of messages depends on, and all that it depends on.
type Config struct {
	Seed   uint64
	Start  time.Time // of the first payment; zero: DefaultStart
	Faults Faults
}

// DefaultStart is when the payments begin when nothing is said.
var DefaultStart = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Validate reports what New does not take: shares that are none, and years in
// which the payments would not be valid.
func (c Config) Validate() error {
	if year := c.Start.UTC().Year(); !c.Start.IsZero() && (year < 2000 || year > 2090) {
		return fmt.Errorf("start %s: use the years 2000 to 2090", c.Start.Format(time.RFC3339))
	}
	return c.Faults.Validate()
}

// Message is one message of the stream. Its ID is "seed:index", the index
// counting from 0, its Key the transaction_id of a valid event.
type Message struct {
	queue.Message
	Kind  ledger.Kind
	Event *payment.Event // what the body says, without Extra; nil unless valid. Not to be changed
}

// Line is the message as a ledger lists it.
func (m *Message) Line() ledger.Line {
	l := ledger.Line{MessageID: m.ID, Kind: m.Kind, BodySHA256: sha256.Sum256(m.Body)}
	if m.Event != nil {
		l.TransactionID, l.Fingerprint = m.Event.TransactionID, payment.FingerprintOf(m.Event)
	}
	return l
}

// Generator makes the stream of messages of one Config. It is not for
// concurrent use.
type Generator struct {
	seed    uint64
	limits  [6]int // sums of the shares, in the order of Faults
	events  events
	faulty  uint64 // faulty bodies so far, each with its own number
	history history
	delayed delayed
	index   uint64 // of the next message
}

// New returns the stream of c from its beginning. c must pass Validate.
func New(c Config) *Generator {
	start := c.Start
	if start.IsZero() {
		start = DefaultStart
	}
	r := newRandom(c.Seed, streamEvents)
	g := &Generator{
		seed: c.Seed,
		events: events{random: r, parties: newParties(c.Seed), ids: ids{key: r.bits()},
			now: payment.Normalize(start)},
	}
	sum := 0
	for i, s := range c.Faults.shares() {
		sum += int(*s.share)
		g.limits[i] = sum
	}
	return g
}

// Seed returns the seed of the stream.
func (g *Generator) Seed() uint64 { return g.seed }

// Next returns the following message. The stream has no end.
func (g *Generator) Next() Message {
	m := g.delayed.due(g.index)
	if m == nil {
		m = g.inTime()
	}
	var scratch [41]byte
	id := strconv.AppendUint(scratch[:0], g.seed, 10)
	id = append(id, ':')
	m.ID = string(strconv.AppendUint(id, g.index, 10))
	g.index++
	if m.Event != nil {
		m.Key = m.Event.TransactionID
	}
	if m.Kind == ledger.Unique {
		g.history.add(m)
	}
	return *m
}

// passed is a time that no message to come occurred before.
func (g *Generator) passed() time.Time {
	at := g.events.now
	for _, m := range g.delayed.slots {
		if m != nil && m.Event.OccurredAt.Before(at) {
			at = m.Event.OccurredAt
		}
	}
	return at
}

// inTime makes messages until one is not to be held back.
func (g *Generator) inTime() *Message {
	for {
		m, late := g.draw()
		if !late || !g.delayed.hold(g.events.random, m, g.index) {
			return m
		}
	}
}

// draw decides what the next message becomes, and whether it comes late.
func (g *Generator) draw() (m *Message, late bool) {
	n := g.events.random.below(int(whole))
	kind := 0
	for kind < len(g.limits) && n >= g.limits[kind] {
		kind++
	}
	switch kind {
	case 0:
		if past := g.history.pick(g.events.random); past != nil {
			return g.duplicate(past), false
		}
	case 1:
		if past := g.history.pick(g.events.random); past != nil && past.versions < mostVersions {
			return g.conflict(past), false
		}
	case 2:
		return g.malformed(), false
	case 3:
		return g.invalid(), false
	case 4:
		return g.tooLarge(), false
	case 5:
		return g.unique(), true
	}
	return g.unique(), false
}

func (g *Generator) unique() *Message {
	e := g.events.next(false)
	body := dialects[dialectOf(e.Source)].encode(g.events.random, e, 0)
	return &Message{Message: queue.Message{Body: body}, Kind: ledger.Unique, Event: e}
}
