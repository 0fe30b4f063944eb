package app

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/config"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/storetest"
	"recibo/wire"
)

func TestMarks(t *testing.T) {
	a := &App{Config: &config.Config{}}
	for _, c := range []struct {
		name, body string
		want       []Mark
	}{
		{"a message", `{"transaction_id":"A","amount":"1.00","payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`, []Mark{}},
		{"broken on the second line", "{\n\"é\":}", []Mark{{Offset: 7, End: 8, Line: 2, Column: 5}}},
		{"cut short", `{"a":1`, []Mark{{Offset: 6, End: 6, Line: 1, Column: 7}}},
		{"two fields, by other names", `{"transaction_id":"A","valor":"1,0","conta_pagador":"","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`,
			[]Mark{{Field: new("amount"), Offset: 31, End: 34, Line: 1, Column: 32}, {Field: new("payer_account"), Offset: 53, End: 53, Line: 1, Column: 54}}},
		{"a field that is missing has no place", `{"transaction_id":"A","payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`, []Mark{}},
	} {
		e := quarantine.New(quarantine.Invalid, []byte(c.body), "", nil, time.Now())
		if diff := cmp.Diff(c.want, a.marks(e)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
	if got := a.marks(quarantine.New(quarantine.TooLarge, make([]byte, 2<<20), "", nil, time.Now())); len(got) != 0 {
		t.Errorf("a body that is not whole: %v", got)
	}
}

func TestDifference(t *testing.T) {
	for want, c := range map[string]struct {
		minor    int64
		currency payment.Currency
	}{
		"+19.50": {1950, "BRL"}, "-0.01": {-1, "BRL"}, "0.00": {0, "BRL"}, "+5": {5, "JPY"}, "-999999999999.99": {-99999999999999, "USD"},
	} {
		if got := difference(c.minor, c.currency); got != want {
			t.Errorf("difference(%d, %s) = %s, want %s", c.minor, c.currency, got, want)
		}
	}
}

// conflicting records an event, and returns an entry of another body.
func conflicting(t *testing.T, m *storetest.Memory, recorded, arrived string) *quarantine.Entry {
	t.Helper()
	err := m.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		e, err := wire.Decode([]byte(recorded), wire.Options{})
		if err != nil {
			return err
		}
		_, err = tx.Record(ctx, []store.Payment{{Event: e, Queue: "q", Position: "q@1", RecordedAt: time.Now()}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return quarantine.New(quarantine.Conflict, []byte(arrived), "", nil, time.Now())
}

func TestComparison(t *testing.T) {
	const recorded = `{"transaction_id":"A","amount":"1.00","payer_account":"BR1800360305000010009795493C1","payee_account":"Q","occurred_at":"2026-11-23T14:15:03Z"}`
	arrived := strings.NewReplacer(`"1.00"`, `"0.50"`, "93C1", "93C2", "}", `,"method":"pix"}`).Replace(recorded)
	a, m := &App{Config: &config.Config{}}, storetest.NewMemory()
	e := conflicting(t, m, recorded, arrived)
	c, err := a.compareConflict(t.Context(), m.Reader(), e, false)
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range c.Fields {
		if f.Differs {
			fields = append(fields, f.Field)
		}
	}
	if diff := cmp.Diff([]string{"amount", "payer_account", "method"}, fields); diff != "" || len(c.Fields) != 7 || c.Fields[3].Differs {
		t.Errorf("%+v, -want +got:\n%s", c.Fields, diff)
	}
	if *c.AmountDifference != "-0.50" || *c.Currency != "BRL" || *c.Position != "q@1" || c.RecordedAt == nil {
		t.Errorf("%+v", c)
	}
	if shown, err := json.Marshal(c); err != nil || strings.Contains(string(shown), "0036") {
		t.Errorf("accounts are shown: %s, %v", shown, err)
	}
	if c, err := a.compareConflict(t.Context(), m.Reader(), e, true); err != nil || *c.Fields[1].Arrived != "BR1800360305000010009795493C2" {
		t.Errorf("asked for, they are not shown: %+v, %v", c, err)
	}

	// In another currency there is no difference to compute; nor of nothing.
	other := conflicting(t, m, recorded, strings.Replace(recorded, `"1.00"`, `"1.00","currency":"USD"`, 1))
	if c, err := a.compareConflict(t.Context(), m.Reader(), other, false); err != nil || c.AmountDifference != nil {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = a.compareConflict(t.Context(), storetest.NewMemory().Reader(), e, false)
	if err != nil || c.RecordedAt != nil || c.Fields[0].Recorded != nil || *c.Fields[1].Arrived != "0.50" {
		t.Errorf("nothing is recorded: %+v, %v", c, err)
	}
}

// TestNextStep: every state and reason has one, which names the entry where
// there is something to do.
func TestNextStep(t *testing.T) {
	for _, state := range quarantine.States {
		for _, reason := range quarantine.Reasons {
			e := quarantine.Entry{ID: "e1", RedriveID: "r1", State: state, Reason: reason}
			step := nextStep(&e)
			if !strings.Contains(step, "e1") && !strings.Contains(step, "r1") {
				t.Errorf("%s, %s: %s", state, reason, step)
			}
			if reason == quarantine.Conflict && state == quarantine.Held && !strings.Contains(step, "never overwritten") {
				t.Errorf("a conflict: %s", step)
			}
		}
	}
	truncated := quarantine.Entry{ID: "e1", State: "held", Reason: "too_large", Truncated: true}
	if step := nextStep(&truncated); !strings.Contains(step, "whole message") {
		t.Errorf("truncated: %s", step)
	}
	truncated.MendedBody = []byte("{}")
	if step := nextStep(&truncated); !strings.Contains(step, "redrive e1") {
		t.Errorf("mended: %s", step)
	}
}
