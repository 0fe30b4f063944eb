package kafka

import (
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"recibo/queue"
)

// partition is one as its broker sees it, and what a source did with it.
type partition struct {
	a      *assignment
	next   int64
	epoch  int32
	order  []int64         // offsets fetched, in order
	open   map[int64]bool  // not settled
	epochs map[int64]int32 // of the leader that wrote it
	runs   []*run          // not all handed out
	out    []queue.Delivery
}

// fetch brings messages and markers, with gaps between.
func (p *partition) fetch(t *rapid.T) {
	var records []*kgo.Record
	for range rapid.IntRange(1, 6).Draw(t, "n") {
		p.next += rapid.Int64Range(0, 3).Draw(t, "gap")
		p.epoch += rapid.Int32Range(0, 1).Draw(t, "election")
		r := &kgo.Record{Offset: p.next, LeaderEpoch: p.epoch, Value: []byte("body")}
		if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
			r.Attrs = kgo.NewRecordAttrs(kgo.RecordAttrsOpts{Control: true})
		}
		p.order, p.epochs[p.next] = append(p.order, p.next), p.epoch
		p.open[p.next] = !r.Attrs.IsControl()
		records = append(records, r)
		p.next++
	}
	p.runs = append(p.runs, p.a.add(records))
}

func (p *partition) handOut(t *rapid.T) {
	for range rapid.IntRange(1, 5).Draw(t, "n") {
		for len(p.runs) > 0 && p.runs[0].left() == 0 {
			p.runs = p.runs[1:]
		}
		if len(p.runs) == 0 {
			return
		}
		if r := p.runs[0]; r.entries[r.next].state == settled {
			r.skip(1)
		} else {
			p.out = append(p.out, r.deliver())
		}
	}
}

func (p *partition) settle(t *rapid.T) {
	if len(p.out) == 0 {
		return
	}
	for range rapid.IntRange(1, 5).Draw(t, "n") {
		d := p.out[rapid.IntRange(0, len(p.out)-1).Draw(t, "which")]
		offset, err := strconv.ParseInt(strings.TrimPrefix(d.Position, "payments[3]@"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if fresh := d.Receipt.(*entry).settle(); fresh != p.open[offset] {
			t.Fatalf("settling %d: fresh %v, want %v", offset, fresh, p.open[offset])
		}
		p.open[offset] = false
	}
}

func (p *partition) check(t *rapid.T) {
	held := 0
	for _, d := range p.out {
		if d.Receipt.(*entry).state == handedOut {
			held++
		}
	}
	if p.a.held != held {
		t.Fatalf("%d held, want %d", p.a.held, held)
	}
	before := p.a.settled
	if grew := p.a.sweep(); grew != (p.a.settled != before) {
		t.Fatalf("sweep says %v, from %+v to %+v", grew, before, p.a.settled)
	}
	want := kgo.EpochOffset{Epoch: -1, Offset: -1}
	for _, offset := range p.order {
		if p.open[offset] {
			break
		}
		want = kgo.EpochOffset{Epoch: p.epochs[offset], Offset: offset + 1}
	}
	if p.a.settled != want {
		t.Fatalf("commits up to %+v, want %+v of %v, open %v", p.a.settled, want, p.order, p.open)
	}
}

// TestPrefixAgainstAPartition: whatever is fetched with whatever gaps, handed
// out, and settled in whatever order, what may be committed is exactly what
// stands before the first message that is not settled.
func TestPrefixAgainstAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &partition{a: newAssignment(nil, "payments", 3), open: map[int64]bool{}, epochs: map[int64]int32{}}
		t.Repeat(map[string]func(*rapid.T){"fetch": p.fetch, "hand out": p.handOut, "settle": p.settle, "": p.check})
	})
}
