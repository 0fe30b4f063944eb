package recorder_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/quarantine"
	"recibo/recorder"
)

// I1, I3, I4: every kind of delivery gets its one fate in one pass.
func TestEveryDeliveryHasOneFate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "150.75"), event("b", "1.00"), event("a", "150.75"), event("a", "150.76"),
			`{"transaction_id":"c"}`, `not json`, large())
		got := h.record()
		want := recorder.Result{Delivered: 7, Recorded: 2, Duplicate: 1,
			Quarantined: map[quarantine.Reason]int64{"conflict": 1, "invalid": 1, "malformed": 1, "too_large": 1}}
		h.wantResult(got, want)
		h.wantPayments("a 150.75", "b 1.00")
		h.wantBooks()
	})
}

// I3: a conflict names each field that differs, and both values.
func TestConflictNamesBothValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "150.75"))
		h.record()
		h.publish(event("a", "150.76"))
		h.record()
		entries := h.entries()
		if len(entries) != 1 || entries[0].Reason != quarantine.Conflict {
			t.Fatalf("entries %+v, want one conflict", entries)
		}
		want := []quarantine.FieldError{{Field: "amount", Code: "differs", Value: "150.76", Recorded: "150.75"}}
		if diff := cmp.Diff(want, entries[0].FieldErrors); diff != "" {
			t.Error(diff)
		}
		h.wantPayments("a 150.75")
		h.wantBooks()
	})
}

// I4 and the issue's own case: a batch of 1,000 with 10 bad events, 3 of which
// are valid but refused by the database. 990 are recorded in the same pass.
func TestBadEventsDoNotStopTheirBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.refuse("bad-", "CHECK constraint failed: tightened")
		var bodies []string
		for i := range 1000 {
			switch {
			case i%300 == 299: // 3
				bodies = append(bodies, event(fmt.Sprintf("bad-%03d", i), "1.00"))
			case i%140 == 139: // 7
				bodies = append(bodies, fmt.Sprintf(`{"transaction_id":"i%d"}`, i))
			default:
				bodies = append(bodies, event(fmt.Sprintf("good-%03d", i), "1.00"))
			}
		}
		h.publish(bodies...)
		got := h.record()
		h.wantResult(got, recorder.Result{Delivered: 1000, Recorded: 990,
			Quarantined: map[quarantine.Reason]int64{"rejected": 3, "invalid": 7}})
		for _, e := range h.entries() {
			if e.Seen != 1 {
				t.Errorf("entry %s was seen %d times: something was redelivered", e.ID, e.Seen)
			}
			if e.Reason == quarantine.Rejected && e.Detail != "the database refused it: CHECK constraint failed: tightened" {
				t.Errorf("detail %q does not carry the database's words", e.Detail)
			}
		}
		h.wantBooks()
	})
}

// Rule 4: copies of one id in a batch are judged against the version written.
func TestCopiesInOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		other := `{"valor":150.75,"conta_pagador":"P","conta_beneficiario":"Q","data_hora":"2026-11-23T11:15:03-03:00","transaction_id":"a"}`
		h.publish(event("a", "150.75"), other, event("a", "2.00"), event("a", "2.00"), event("a", "3.00"))
		got := h.record()
		h.wantResult(got, recorder.Result{Delivered: 5, Recorded: 1, Duplicate: 1,
			Quarantined: map[quarantine.Reason]int64{"conflict": 3}})
		seen := map[int64]int{}
		for _, e := range h.entries() {
			seen[e.Seen]++
		}
		if diff := cmp.Diff(map[int64]int{1: 1, 2: 1}, seen); diff != "" {
			t.Errorf("entries by how often seen: %s", diff)
		}
		h.wantBooks()
	})
}

// Rule 4: when the candidate is rejected, the next distinct copy is tried.
func TestNextDistinctCopyIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.refuseAmount("13.00", "unlucky")
		h.publish(event("a", "13.00"), event("a", "13.00"), event("a", "14.00"), event("a", "15.00"), event("b", "1.00"))
		got := h.record()
		h.wantResult(got, recorder.Result{Delivered: 5, Recorded: 2,
			Quarantined: map[quarantine.Reason]int64{"conflict": 3}})
		h.wantPayments("a 14.00", "b 1.00")
		h.wantBooks()
	})
}

// Rule 1: an id that the database refuses although it stands with the same
// content is a duplicate, not a rejection.
func TestRefusedDuplicateIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "13.00"))
		h.record()
		h.refuseAmount("13.00", "unlucky")
		h.publish(event("a", "13.00"))
		h.wantResult(h.record(), recorder.Result{Delivered: 1, Duplicate: 1})
		h.wantBooks()
	})
}

// Rule 3: alone, an event waits for nothing.
func TestLoneEventWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		stop := h.start()
		synctest.Wait()
		began := time.Now()
		h.publish(event("a", "1.00"))
		synctest.Wait()
		h.wantPayments("a 1.00")
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the event waited %v", waited)
		}
		stop()
	})
}

// Rule 11: a failed ack is counted; what comes again is a duplicate.
func TestFailedAckComesBackAsDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "1.00"), event("b", "1.00"))
		h.loseAcks(1, errors.New("connection reset"))
		h.wantResult(h.record(), recorder.Result{Delivered: 4, Recorded: 2, Duplicate: 2})
		h.wantLogged("acks failed", 1)
		h.wantPayments("a 1.00", "b 1.00")
		h.wantBooks()
	})
}

// The writer's batch never exceeds what the configuration says, and several
// writers share the work.
func TestBatchAndWritersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.config.Batch, h.config.Writers = 10, 3
		var bodies []string
		for i := range 95 {
			bodies = append(bodies, event(fmt.Sprintf("e%02d", i), "1.00"))
		}
		h.publish(bodies...)
		h.wantResult(h.record(), recorder.Result{Delivered: 95, Recorded: 95})
		if h.largest() > 10 {
			t.Errorf("a transaction recorded %d payments, want at most 10", h.largest())
		}
		h.wantBooks()
	})
}
