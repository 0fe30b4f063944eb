package kafka

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

// assignment is one partition for as long as the group leaves it to one source,
// and what became of its messages. Offsets have gaps, where transactions were
// marked or the log was compacted, so nothing is counted: what was fetched
// stands in a list, in order, and its settled beginning may be committed.
//
// Its fields belong to the lock of its source.
type assignment struct {
	source    *source
	partition int32
	prefix    string // of positions: "topic[3]@"

	runs  []*run // fetched and not swept, oldest first
	swept int    // how many of the first run are

	expect    int64           // the offset that is due next; negative: not known
	settled   kgo.EpochOffset // where the group goes on once that is committed; offset -1: nowhere yet
	committed int64           // what was committed of that; -1: nothing yet

	held    int  // handed out and not settled
	leaving bool // the group wants it back: nothing more is handed out
	gone    bool // it is somebody else's: acks go nowhere
}

// run is what one fetch brought of one partition.
type run struct {
	of      *assignment
	records []*kgo.Record
	entries []entry
	next    int // the first that was not handed out
	bytes   int // of those that were not
}

// entry is one message, and its receipt.
type entry struct {
	of    *assignment
	size  int32
	state state
}

type state uint8

const (
	fetched state = iota
	handedOut
	settled
)

func newAssignment(s *source, topic string, partition int32) *assignment {
	return &assignment{
		source: s, partition: partition, prefix: topic + "[" + strconv.Itoa(int(partition)) + "]@",
		expect: -1, settled: kgo.EpochOffset{Epoch: -1, Offset: -1}, committed: -1,
	}
}

// add notes what was fetched. Markers of transactions are for nobody: they are
// settled from the start.
func (a *assignment) add(records []*kgo.Record) *run {
	r := &run{of: a, records: records, entries: make([]entry, len(records))}
	for i, record := range records {
		e := &r.entries[i]
		e.of, e.size = a, int32(len(record.Key)+len(record.Value))
		r.bytes += int(e.size)
		if record.Attrs.IsControl() {
			e.state = settled
		}
	}
	a.runs = append(a.runs, r)
	a.expect = records[len(records)-1].Offset + 1
	return r
}

// sweep raises what may be committed over what is settled, and says whether
// there is more of it.
func (a *assignment) sweep() bool {
	var last *kgo.Record
	for len(a.runs) > 0 {
		r := a.runs[0]
		for a.swept < len(r.entries) && r.entries[a.swept].state == settled {
			last = r.records[a.swept]
			a.swept++
		}
		if a.swept < len(r.entries) {
			break
		}
		a.runs[0] = nil
		a.runs, a.swept = a.runs[1:], 0
	}
	if last == nil {
		return false
	}
	a.settled = kgo.EpochOffset{Epoch: last.LeaderEpoch, Offset: last.Offset + 1}
	return true
}

// due says whether something waits for a commit.
func (a *assignment) due() bool { return !a.gone && a.settled.Offset > a.committed }

// deliver makes the delivery of the next message of a run.
func (r *run) deliver() queue.Delivery {
	record, e := r.records[r.next], &r.entries[r.next]
	r.skip(1)
	e.state = handedOut
	r.of.held++
	return queue.Delivery{
		Message:  decode(record),
		Position: r.of.prefix + strconv.FormatInt(record.Offset, 10),
		Receipt:  e,
	}
}

// skip passes over the next messages.
func (r *run) skip(n int) {
	for _, e := range r.entries[r.next : r.next+n] {
		r.bytes -= int(e.size)
	}
	r.next += n
}

// settle notes that a message may be committed; false: it was noted before.
func (e *entry) settle() bool {
	if e.state == settled {
		return false
	}
	e.state = settled
	e.of.held--
	return true
}

// left is how many of a run were not handed out.
func (r *run) left() int { return len(r.entries) - r.next }
