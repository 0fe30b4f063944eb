package kafka

import (
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"recibo/queue"
)

// TestPrefixAgainstAPartition: whatever is fetched with whatever gaps, handed
// out, and settled in whatever order, what may be committed is exactly what
// stands before the first message that is not settled.
func TestPrefixAgainstAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newAssignment(nil, "payments", 3)
		var order []int64           // fetched, in order
		open := map[int64]bool{}    // not settled
		epochs := map[int64]int32{} // of the leader that wrote it
		var out []queue.Delivery    // handed out
		var runs []*run             // not all handed out
		next, epoch := int64(0), int32(0)
		t.Repeat(map[string]func(*rapid.T){
			"fetch": func(t *rapid.T) {
				var records []*kgo.Record
				for range rapid.IntRange(1, 6).Draw(t, "n") {
					next += rapid.Int64Range(0, 3).Draw(t, "gap")
					epoch += rapid.Int32Range(0, 1).Draw(t, "election")
					r := &kgo.Record{Offset: next, Value: []byte("body")}
					if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
						r.Attrs = kgo.NewRecordAttrs(kgo.RecordAttrsOpts{Control: true})
					}
					r.LeaderEpoch = epoch
					order, epochs[next] = append(order, next), epoch
					open[next] = !r.Attrs.IsControl()
					records = append(records, r)
					next++
				}
				runs = append(runs, a.add(records))
			},
			"hand out": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					for len(runs) > 0 && runs[0].left() == 0 {
						runs = runs[1:]
					}
					if len(runs) == 0 {
						return
					}
					r := runs[0]
					if r.entries[r.next].state == settled {
						r.next++
						continue
					}
					out = append(out, r.deliver())
				}
			},
			"settle": func(t *rapid.T) {
				if len(out) == 0 {
					return
				}
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					d := out[rapid.IntRange(0, len(out)-1).Draw(t, "which")]
					offset, err := strconv.ParseInt(strings.TrimPrefix(d.Position, "payments[3]@"), 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					if fresh := d.Receipt.(*entry).settle(); fresh != open[offset] {
						t.Fatalf("settling %d: fresh %v, want %v", offset, fresh, open[offset])
					}
					open[offset] = false
				}
			},
			"": func(t *rapid.T) {
				held := 0
				for _, d := range out {
					if d.Receipt.(*entry).state == handedOut {
						held++
					}
				}
				if a.held != held {
					t.Fatalf("%d held, want %d", a.held, held)
				}
				before := a.settled
				if grew := a.sweep(); grew != (a.settled != before) {
					t.Fatalf("sweep says %v, from %+v to %+v", grew, before, a.settled)
				}
				want := kgo.EpochOffset{Epoch: -1, Offset: -1}
				for _, offset := range order {
					if open[offset] {
						break
					}
					want = kgo.EpochOffset{Epoch: epochs[offset], Offset: offset + 1}
				}
				if a.settled != want {
					t.Fatalf("commits up to %+v, want %+v of %v, open %v", a.settled, want, order, open)
				}
			},
		})
	})
}
