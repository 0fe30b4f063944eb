package mysql

import (
	"context"
	"database/sql"
	"fmt"

	"recibo/quarantine"
	"recibo/store"
)

// standing is what decides how an entry changes.
type standing struct {
	id      string
	state   quarantine.State
	attempt int
	reason  quarantine.Reason
	seen    int64
}

const standingColumns = "SELECT id, state, attempt, reason, seen FROM quarantine WHERE id IN "

func scanStanding(rows *sql.Rows) (*standing, error) {
	var s standing
	err := rows.Scan(&s.id, &s.state, &s.attempt, &s.reason, &s.seen)
	return &s, err
}

// stand reads what stands of entries; with the suffix FOR UPDATE it locks them,
// in the order of their ids.
func (t *tx) stand(ctx context.Context, op string, ids []string, suffix string) (map[string]*standing, error) {
	byID := make(map[string]*standing, len(ids))
	for from := 0; from < len(ids); from += store.MaxPage {
		var s statement
		s.sql(standingColumns)
		s.texts(ids[from:min(from+store.MaxPage, len(ids))])
		s.sql(" ORDER BY id" + suffix)
		found, err := query(ctx, t, s.request(op, inGeneral), scanStanding)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			byID[e.id] = e
		}
	}
	return byID, nil
}

// Quarantine writes entries, or what changes when they come again, in the order
// of their ids: of two transactions that meet, one waits for the other, never
// both. A row that is inserted counts once as changed and one that stood twice.
func (t *tx) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	op := fmt.Sprintf("quarantine %d entries", len(es))
	known := -int64(len(es))
	for rest := es; len(rest) > 0; {
		hold, n := t.hold(rest)
		changed, err := t.exec(ctx, request{op: op, sql: hold})
		if err != nil {
			return err
		}
		known += changed
		rest = rest[n:]
	}
	var stood map[string]*standing
	if known > 0 {
		var err error
		if stood, err = t.seenBefore(ctx, op, es); err != nil {
			return err
		}
	}
	if int64(len(stood)) != known {
		t.failed = &store.Error{Class: store.ClassOutage, Op: op,
			Err: fmt.Errorf("%d entries stood before, and %d of them were written to: something of the database changes what is written", len(stood), known)}
		return t.failed
	}
	t.writeSeen(op, es, stood)
	return nil
}

// seenBefore returns what stands of those of the entries, all written to by
// now, that have been seen more often than this once.
func (t *tx) seenBefore(ctx context.Context, op string, es []quarantine.Entry) (map[string]*standing, error) {
	ids := make([]string, len(es))
	for i := range es {
		ids[i] = es[i].ID
	}
	stood, err := t.stand(ctx, op, ids, "")
	for i := range es {
		if s := stood[es[i].ID]; s != nil && s.seen <= es[i].Seen {
			delete(stood, s.id)
		}
	}
	return stood, err
}

const (
	holdStatement = `INSERT INTO quarantine (id, reason, detail, field_errors, headers, queue, position, transaction_id, amount, currency,
	seen, first_seen_at, last_seen_at, state, attempt, truncated, body_size, body_sha256, body, mended_body) VALUES `
	holdAgain = " ON DUPLICATE KEY UPDATE seen = seen + VALUES(seen), last_seen_at = GREATEST(last_seen_at, VALUES(last_seen_at))"
	// holdBytes is about how much goes into one statement.
	holdBytes = 16 << 20
)

// hold builds the statement that writes the first of the entries, and returns
// how many they are.
func (t *tx) hold(es []quarantine.Entry) (hold string, n int) {
	s := statement(t.conn.buffer[:0])
	s.sql(holdStatement)
	for i := range es {
		end := len(s)
		if i > 0 {
			s.sql(",")
		}
		s.entry(&es[i])
		if len(s)+len(holdAgain)+len(beginStatement) >= min(t.limit(), holdBytes) && i > 0 {
			s, n = s[:end], i
			break
		}
		n = i + 1
	}
	s.sql(holdAgain)
	t.conn.buffer = s
	return string(s), n
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
	s.bytes(e.Body)
	if e.MendedBody == nil {
		s.null()
	} else {
		s.bytes(e.MendedBody)
	}
	s.sql(")")
}

// writeSeen holds again what was resolved or discarded, and writes the history
// of all.
func (t *tx) writeSeen(op string, es []quarantine.Entry, stood map[string]*standing) {
	var lines []quarantine.HistoryLine
	var again []string
	for i := range es {
		e := &es[i]
		stands := stood[e.ID]
		switch {
		case stands == nil:
			lines = append(lines, quarantine.HistoryLine{EntryID: e.ID, To: e.State, Attempt: e.Attempt, Reason: e.Reason,
				Actor: string(quarantine.Recorder), At: e.FirstSeenAt})
		case stands.state == quarantine.Resolved || stands.state == quarantine.Discarded:
			again = append(again, e.ID)
			lines = append(lines, quarantine.HistoryLine{EntryID: e.ID, From: stands.state, To: quarantine.Held, Attempt: stands.attempt,
				Reason: stands.reason, Actor: string(quarantine.Recorder), Note: "the same bytes came again", At: e.LastSeenAt})
		}
	}
	if len(again) > 0 {
		var s statement
		s.sql("UPDATE quarantine SET state = ")
		s.text(string(quarantine.Held))
		s.sql(" WHERE id IN ")
		s.texts(again)
		t.later(s.request(op, inGeneral))
	}
	t.history(op, lines)
}
