package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"recibo/quarantine"
	"recibo/store"
)

const standingColumns = "SELECT id, state, attempt, reason, redrive_id FROM quarantine WHERE id IN "

func scanStanding(rows *sql.Rows) (*quarantine.Standing, error) {
	var s quarantine.Standing
	err := rows.Scan(&s.ID, &s.State, &s.Attempt, &s.Reason, (*text)(&s.Redrive))
	return &s, err
}

// lock locks entries, in the order of their ids, and returns what stands.
func (t *tx) lock(ctx context.Context, op string, ids []string) (map[string]*quarantine.Standing, error) {
	byID := make(map[string]*quarantine.Standing, len(ids))
	for part := range slices.Chunk(ids, store.MaxPage) {
		var s statement
		s.sql(standingColumns)
		s.texts(part)
		s.sql(" ORDER BY id FOR UPDATE")
		found, err := query(ctx, t, s.request(op, inGeneral), scanStanding)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			byID[e.ID] = e
		}
	}
	return byID, nil
}

// Quarantine locks the entries that stand, writes the others, and then what
// changes when they come again. If another writer is ahead with a new one, this
// transaction is to be run again: the lock that the server took to tell so is
// shared with others that lost too, and each would wait for all to let it go.
func (t *tx) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	if len(es) == 0 {
		return nil
	}
	op := fmt.Sprintf("quarantine %d entries", len(es))
	ids := make([]string, len(es))
	for i := range es {
		ids[i] = es[i].ID
	}
	stood, err := t.lock(ctx, op, ids)
	if err != nil {
		return err
	}
	fresh := make([]*quarantine.Entry, 0, len(es))
	for i := range es {
		if stood[es[i].ID] == nil {
			fresh = append(fresh, &es[i])
		}
	}
	for len(fresh) > 0 {
		hold, n := t.hold(fresh)
		if _, err := t.exec(ctx, request{op: op, sql: hold}); err != nil {
			return err
		}
		fresh = fresh[n:]
	}
	t.writeSeen(op, es, stood)
	return nil
}

const (
	holdStatement = "INSERT INTO quarantine (" + entryRow + withBody + ") VALUES "
	// holdBytes is about how much goes into one statement.
	holdBytes = 16 << 20
)

// hold builds the statement that writes the first of the entries, and returns
// how many they are.
func (t *tx) hold(es []*quarantine.Entry) (hold string, n int) {
	s := statement(t.conn.buffer[:0])
	s.sql(holdStatement)
	for i, e := range es {
		end := len(s)
		if i > 0 {
			s.sql(",")
		}
		s.entry(e)
		if len(s) >= min(t.limit(), holdBytes) && i > 0 {
			t.conn.buffer = s
			return string(s[:end]), i
		}
	}
	t.conn.buffer = s
	return string(s), len(es)
}

func (s *statement) entry(e *quarantine.Entry) {
	s.sql("(")
	s.text(e.ID)
	s.text(string(e.Reason))
	s.text(e.Detail)
	s.json(e.FieldErrors, len(e.FieldErrors))
	s.json(e.Headers, len(e.Headers))
	s.text(e.Queue)
	s.text(e.Position)
	s.textOrNull(e.TransactionID)
	if e.Amount != nil {
		s.text(e.Amount.Decimal())
		s.text(string(e.Amount.Currency))
	} else {
		s.null()
		s.null()
	}
	s.integer(e.Seen)
	s.time(e.FirstSeenAt)
	s.time(e.LastSeenAt)
	s.text(string(e.State))
	s.integer(int64(e.Attempt))
	s.boolean(e.Truncated)
	s.integer(e.BodySize)
	s.bytes(e.BodySHA256[:])
	s.bytesOrNull(e.MendedBody)
	s.textOrNull(e.RedriveID)
	s.bytes(e.Body)
	s.sql(")")
}

// writeSeen writes what changes in known entries, and the history of all.
func (t *tx) writeSeen(op string, es []quarantine.Entry, stood map[string]*quarantine.Standing) {
	var lines []quarantine.HistoryLine
	alike := map[string][]string{}
	for i := range es {
		e := &es[i]
		stands := stood[e.ID]
		if stands == nil {
			lines = append(lines, e.FirstLine())
			continue
		}
		if line, ok := stands.SeenAgain(e); ok {
			lines = append(lines, line)
		}
		var s statement
		s.sql("UPDATE quarantine SET seen = seen + ")
		s.integer(e.Seen)
		s.sql(", last_seen_at = GREATEST(last_seen_at, ")
		s.time(e.LastSeenAt)
		s.sql("), state = ")
		s.text(string(stands.State))
		alike[string(s)] = append(alike[string(s)], e.ID)
	}
	t.writeAlike(op, alike)
	t.history(op, lines)
}

// writeAlike writes entries that change in the same way in one statement, and
// so in few: those of an operator's selection do, and copies in a batch.
func (t *tx) writeAlike(op string, alike map[string][]string) {
	for _, change := range slices.Sorted(maps.Keys(alike)) {
		for part := range slices.Chunk(alike[change], store.MaxPage) {
			s := statement(change)
			s.sql(" WHERE id IN ")
			s.texts(part)
			t.later(s.request(op, inGeneral))
		}
	}
}
