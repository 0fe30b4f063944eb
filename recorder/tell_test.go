package recorder_test

import (
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// logged returns the number that stands behind name= in the line of the log
// that holds text, and fails unless there is one such line.
func (h *harness) logged(text, name string) int {
	h.t.Helper()
	found := regexp.MustCompile(text+`.*\b`+name+`=(\d+)`).FindAllStringSubmatch(h.log.String(), -1)
	if len(found) != 1 {
		h.t.Fatalf("%d lines with %q and %s=, want one:\n%s", len(found), text, name, h.log)
	}
	n, _ := strconv.Atoi(found[0][1])
	return n
}

// The story of an outage is one line, told when all that had queued up is done
// with: what the recorder held, and what waited in the queue behind it. What
// comes later does not put it off.
func TestStoryOfAnOutage(t *testing.T) {
	const story = "the outage of the store is made good"
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.config.Batch, h.config.Writers = 1, 1 // three are held, the others stay in the queue
		h.publish(events(4)...)
		h.faulty.Down("gone")
		stop := h.start()
		time.Sleep(20 * time.Second)
		h.publish(events(10)...)
		time.Sleep(20 * time.Second)
		h.slowCommits(time.Second)
		h.faulty.Up()
		time.Sleep(8 * time.Second)
		h.wantLogged("store answers again", 1)
		h.wantLogged(story, 0) // six or so are done with
		for range 10 {         // the queue is never empty again
			time.Sleep(time.Second)
			h.publish(events(2)...)
		}
		if n := h.logged(story, "queued"); n != 14 {
			t.Errorf("%d had queued up, want 14", n)
		}
		if ms := h.logged(story, "drained_ms"); ms < 12_000 || ms > 16_000 {
			t.Errorf("drained in %d ms, want some 14 s", ms)
		}
		if ms := h.logged(story, "elapsed_ms"); ms < 40_000 || ms > 44_000 {
			t.Errorf("the outage took %d ms, want some 40 s", ms)
		}
		time.Sleep(time.Minute)
		stop()
		h.wantLogged(story, 1)
	})
}

// The age of the oldest is that of the broker where it knows it: an event may
// have waited there before anybody recorded.
func TestOldestAgeWhileDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "1.00"))
		time.Sleep(time.Hour)
		h.faulty.Down("gone")
		stop := h.start()
		time.Sleep(90 * time.Second)
		if ms := h.logged("store still does not answer", "oldest_age_ms"); ms < 3_660_000 || ms > 3_663_000 {
			t.Errorf("the oldest is %d ms old, want an hour and a minute", ms)
		}
		h.faulty.Up()
		time.Sleep(5 * time.Second)
		stop()
	})
}

// A recorder that has nothing in hand meets no outage of the store, and one that
// had nothing queued up but what it held still tells its story.
func TestStoryOfWhatWasHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "1.00"))
		h.faulty.Down("gone")
		time.AfterFunc(5*time.Second, h.faulty.Up)
		h.record() // ends as soon as the queue is idle
		if n := h.logged("the outage of the store is made good", "queued"); n != 1 {
			t.Errorf("%d had queued up, want 1", n)
		}
	})
}
