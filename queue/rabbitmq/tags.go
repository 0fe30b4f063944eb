package rabbitmq

import "time"

// tags is what became of the deliveries of one channel. Their tags count from
// 1; an ack may name one tag, or all up to one.
type tags struct {
	floor   uint64 // all tags below are acked
	entries []entry
	held    int // deliveries that nobody has settled
	bytes   int // of those
	waiting int // settled above the floor, and not acked yet
}

type entry struct {
	size  uint32
	at    uint32 // when it was settled: milliseconds since the channel was opened
	state state
}

type state uint8

const (
	held    state = iota // with us, not settled
	settled              // to be acked
	acked
)

func newTags() tags { return tags{floor: 1} }

// add notes the next delivery and returns its tag.
func (t *tags) add(size int) uint64 {
	t.entries = append(t.entries, entry{size: uint32(size)})
	t.held++
	t.bytes += size
	return t.floor + uint64(len(t.entries)) - 1
}

// settle notes that a delivery may be acked. Once is enough.
func (t *tags) settle(tag uint64, now time.Duration) {
	if tag < t.floor {
		return
	}
	e := &t.entries[tag-t.floor]
	if e.state != held {
		return
	}
	e.state, e.at = settled, uint32(now.Milliseconds())
	t.held--
	t.bytes -= int(e.size)
	t.waiting++
}

// ready says whether sweep would find something.
func (t *tags) ready() bool { return len(t.entries) > 0 && t.entries[0].state != held }

// sweep raises the floor over what is settled. The tag returned is to be acked
// with all below it; 0: nothing new.
func (t *tags) sweep() uint64 {
	var last uint64
	n := 0
	for ; n < len(t.entries) && t.entries[n].state != held; n++ {
		if t.entries[n].state == settled {
			last = t.floor + uint64(n)
			t.waiting--
		}
	}
	t.entries = t.entries[n:]
	t.floor += uint64(n)
	return last
}

// overdue returns the tags above the floor that have waited for at least the
// given time, to be acked one by one. They count as acked from now on.
func (t *tags) overdue(now, wait time.Duration) []uint64 {
	if t.waiting == 0 {
		return nil
	}
	var late []uint64
	ms := uint32(now.Milliseconds())
	for i := range t.entries {
		e := &t.entries[i]
		if e.state == settled && time.Duration(ms-e.at)*time.Millisecond >= wait {
			e.state = acked
			t.waiting--
			late = append(late, t.floor+uint64(i))
		}
	}
	return late
}
