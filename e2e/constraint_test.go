package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/recorder"
	"recibo/store/sqlite"
	"recibo/store/storetest"
)

func handwritten(id, amount string) string {
	return fmt.Sprintf(`{"transaction_id":%q,"valor":%q,"conta_pagador":"A","conta_beneficiario":"B",`+
		`"data_hora":"2026-11-23T14:15:03.123-03:00"}`, id, amount)
}

// TestTightenedConstraint: a batch of 1,000 with 10 bad events, 3 of which are
// valid but break a rule that the database was given meanwhile. 990 are
// recorded in the same pass, 10 are held, nothing is redelivered.
func TestTightenedConstraint(t *testing.T) {
	p := newPlace(t)
	p.run(0, nil, "migrate")
	if _, err := p.open().Exec(`CREATE TRIGGER tightened BEFORE INSERT ON payments WHEN NEW.amount_minor > 100000
		BEGIN SELECT RAISE(ABORT, 'no more than 1000.00'); END`); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range 1000 {
		switch {
		case i%300 == 299: // 3
			lines = append(lines, handwritten(fmt.Sprintf("refused-%d", i), "1000.01"))
		case i%140 == 139: // 7
			lines = append(lines, handwritten(fmt.Sprintf("invalid-%d", i), "1,50"))
		default:
			lines = append(lines, handwritten(fmt.Sprintf("good-%d", i), "1000.00"))
		}
	}
	file := filepath.Join(p.dir, "events.ndjson")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(0, nil, "publish", file)
	var got recorder.Result
	p.run(0, &got, "record", "--until-idle", "2s", "--output", "json")
	if got.Delivered != 1000 || got.Recorded != 990 || got.Quarantined["rejected"] != 3 ||
		got.Quarantined["invalid"] != 7 || got.Outages != 0 {
		t.Errorf("%+v, want 1000 delivered once: 990 recorded, 3 rejected, 7 invalid, no outage", got)
	}
	db := p.open()
	if n := p.value(db, "SELECT count(*) FROM quarantine WHERE seen = 1"); n != 10 {
		t.Errorf("%d entries were seen once, want 10", n)
	}
	if n := p.value(db, "SELECT count(*) FROM quarantine WHERE reason = 'rejected' AND detail LIKE '%no more than 1000.00%'"); n != 3 {
		t.Errorf("%d entries carry the words of the database, want 3", n)
	}
}

// TestLostReplyOnSQLite: commits of the real pair whose reply is lost, landed
// or not, lose nothing, count nothing twice and find no false conflict.
func TestLostReplyOnSQLite(t *testing.T) {
	dir := t.TempDir()
	broker, err := jetstream.OpenEmbedded(t.Context(), filepath.Join(dir, "queue"), jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close(context.Background())
	database, err := sqlite.Open(t.Context(), filepath.Join(dir, "recibo.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	publisher, err := broker.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		// Every tenth id comes again with other content: a true conflict.
		messages := []queue.Message{{ID: fmt.Sprint(i), Body: []byte(handwritten(fmt.Sprint("id-", i), "1.00"))}}
		if i%10 == 0 {
			messages = append(messages, queue.Message{ID: fmt.Sprint(i, "b"), Body: []byte(handwritten(fmt.Sprint("id-", i), "2.00"))})
		}
		if err := publisher.Publish(t.Context(), messages); err != nil {
			t.Fatal(err)
		}
	}
	faulty := storetest.NewFaulty(database)
	faulty.LoseReplies(3)
	faulty.LoseCommits(3)
	faulty.LoseReplies(2)
	got, err := recorder.New(broker, faulty, recorder.Config{ID: "lossy", Queue: "q", Batch: 50, UntilIdle: time.Second}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Delivered != 550 || got.Recorded != 500 || got.Quarantined["conflict"] != 50 || got.Duplicate != 0 {
		t.Errorf("%+v, want 500 recorded and 50 conflicts of 550", got)
	}
	totals, err := database.Reader().Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if totals.Recorded != 500 || totals.Quarantined["conflict"] != 50 || totals.Duplicates != 0 {
		t.Errorf("the tally says %+v, want the same", totals)
	}
}
