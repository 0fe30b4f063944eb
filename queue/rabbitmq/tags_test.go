package rabbitmq

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTagsAgainstAServer: whatever order deliveries are settled in, a server
// hears of each once, never of one that is not settled, and never of one twice.
func TestTagsAgainstAServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tags := newTags()
		unacked := map[uint64]bool{} // the server's view
		ours := map[uint64]bool{}    // not settled
		bytes, last := 0, uint64(0)
		one := func(tag uint64) {
			if !unacked[tag] || ours[tag] {
				t.Fatalf("acked %d: unacked %v, settled %v", tag, unacked[tag], !ours[tag])
			}
			delete(unacked, tag)
		}
		now := time.Duration(0)
		t.Repeat(map[string]func(*rapid.T){
			"deliver": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					last++
					if tag := tags.add(int(last)); tag != last {
						t.Fatalf("tag %d, want %d", tag, last)
					}
					unacked[last], ours[last] = true, true
					bytes += int(last)
				}
			},
			"settle": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					if last == 0 {
						return
					}
					tag := rapid.Uint64Range(1, last).Draw(t, "tag")
					if ours[tag] {
						delete(ours, tag)
						bytes -= int(tag)
					}
					tags.settle(tag, now)
				}
				upTo := tags.sweep()
				if upTo != 0 && !unacked[upTo] {
					t.Fatalf("acked up to %d, which the server does not hold", upTo)
				}
				for tag := range unacked {
					if tag <= upTo {
						one(tag)
					}
				}
			},
			"wait": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(0, 150).Draw(t, "ms")) * time.Millisecond
				for _, tag := range tags.overdue(now, ackGather) {
					one(tag)
				}
			},
			"": func(t *rapid.T) {
				if tags.held != len(ours) || tags.bytes != bytes {
					t.Fatalf("held %d messages and %d bytes, want %d and %d", tags.held, tags.bytes, len(ours), bytes)
				}
			},
		})
		for _, tag := range tags.overdue(now, 0) {
			one(tag)
		}
		if len(unacked) != len(ours) {
			t.Fatalf("the server holds %d, of which %d are not settled", len(unacked), len(ours))
		}
	})
}
