package e2e_test

import (
	"context"
	"fmt"
	"path/filepath"
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
