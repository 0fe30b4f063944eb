package redrive_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"recibo/redrive"
)

const inPages = 450 // entries: two pages and a half

// TestActsOverPages: what is done is counted over all pages, also where a
// commit's answer was lost and where some entries were somebody else's.
func TestActsOverPages(t *testing.T) {
	for _, landed := range []bool{true, false} {
		bubble(t, func(t *testing.T, h *harness) {
			bodies := make([]string, inPages)
			for i := range bodies {
				bodies[i] = event(fmt.Sprint("e", i), "1,00")
			}
			ids := h.hold(bodies...)
			h.loseReply(1, landed) // of the second page
			done, err := h.desk("ana").Discard(t.Context(), invalid, time.Now().Add(time.Second), nil)
			if err != nil || done.Done != inPages || done.Lost != 0 || h.states()["discarded"] != inPages {
				t.Errorf("%d discarded, %d lost, %v", done.Done, done.Lost, err)
			}
			h.loseReply(1, landed)
			var told []int64
			done, err = h.desk("ana").Purge(t.Context(), redrive.Selection{IDs: ids}, time.Now().Add(time.Second), func(n int64) { told = append(told, n) })
			if err != nil || done.Done != inPages || done.Lost != 0 || len(h.entries()) != 0 {
				t.Errorf("%d purged, %d lost, %d left, %v", done.Done, done.Lost, len(h.entries()), err)
			}
			if fmt.Sprint(told) != "[200 400 450]" {
				t.Errorf("told %v", told)
			}
		})
	}
}

// TestActStopsBetweenPages: an interrupt ends it with what is done told.
func TestActStopsBetweenPages(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		bodies := make([]string, inPages)
		for i := range bodies {
			bodies[i] = event(fmt.Sprint("e", i), "1,00")
		}
		h.hold(bodies...)
		ctx, stop := context.WithCancel(t.Context())
		done, err := h.desk("ana").Discard(ctx, invalid, time.Now().Add(time.Second), func(int64) { stop() })
		if !errors.Is(err, context.Canceled) || done.Done != 200 || h.states()["discarded"] != 200 {
			t.Errorf("%d discarded, %v, %v", done.Done, h.states(), err)
		}
	})
}
