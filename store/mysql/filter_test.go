package mysql_test

import (
	"context"
	"fmt"
	"testing"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mysql"
)

// TestBlanksAtTheEnd count, though the server's comparison of texts leaves them
// out.
func TestBlanksAtTheEnd(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	plain, blank := newPayment("a", 1), newPayment("b", 1)
	plain.PayerAccount, blank.PayerAccount = "x", "x "
	plain.Source, blank.Source = "app", "app "
	if err := s.Update(t.Context(), recording(of(plain, plain.Amount), of(blank, blank.Amount))); err != nil {
		t.Fatal(err)
	}
	for want, q := range map[string]store.PaymentQuery{
		"a": {Account: "x"}, "b": {Account: "x "}, "a ": {Source: "app"}, "b ": {Source: "app "},
	} {
		page, err := s.Reader().Payments(t.Context(), q)
		if err != nil || len(page.Items) != 1 || page.Items[0].TransactionID != want[:1] {
			t.Errorf("%+v: %+v, error %v", q, page.Items, err)
		}
	}
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		again := plain
		again.PayerAccount = "x "
		outcomes, err := tx.Record(ctx, []store.Payment{of(again, again.Amount)})
		if err == nil && outcomes[0].Kind != store.Conflict {
			t.Errorf("a blank more: %+v, want a conflict", outcomes)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestHostileFilters are texts that would be SQL, or that no column can hold.
func TestHostileFilters(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	if err := s.Update(t.Context(), holding("x")); err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{`' OR '1'='1`, `\`, `\' OR 1=1 -- `, "É", "漢", "a\x00b", "\xff", "?", "`", `"`, "*/", "x ", " "} {
		e := *quarantine.New(quarantine.Invalid, fmt.Append(nil, i), "bad", []quarantine.FieldError{{Field: text, Code: text}}, day)
		e.TransactionID = "id " + quarantine.Text(text, 99)
		if err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.Quarantine(ctx, []quarantine.Entry{e}) }); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		for what, q := range map[string]store.EntryQuery{"field": {Field: e.FieldErrors[0].Field}, "transaction id": {TransactionIDs: []string{e.TransactionID}}, "id": {IDs: []string{e.ID}}} {
			page, err := s.Reader().Entries(t.Context(), q)
			if err != nil || len(page.Items) != 1 || page.Items[0].ID != e.ID {
				t.Errorf("%s %q: %d entries, error %v", what, text, len(page.Items), err)
			}
		}
		if text == "\xff" {
			continue // nothing that is stored
		}
		for what, q := range map[string]store.PaymentQuery{"id": {IDs: []string{text}}, "account": {Account: text}, "source": {Source: text}} {
			page, err := s.Reader().Payments(t.Context(), q)
			if err != nil || len(page.Items) != 0 {
				t.Errorf("%s %q: %d payments, error %v", what, text, len(page.Items), err)
			}
		}
	}
	causes, err := s.Reader().Causes(t.Context(), store.EntryQuery{})
	if err != nil || len(causes) < 12 {
		t.Errorf("%d causes, error %v", len(causes), err)
	}
}
