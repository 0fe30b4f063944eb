package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"recibo/quarantine"
	"recibo/store"
)

var (
	entryTypes = []uint32{typeText, typeText, typeText, typeJSON, typeJSON, typeText, typeText, typeText, typeNumeric, typeText,
		typeInteger, typeTime, typeTime, typeText, typeInteger, typeBool, typeInteger, typeBytes, typeBytes, typeText, typeBytes}
	seenTypes = []uint32{typeText, typeInteger, typeTime, typeText}
)

var (
	holdStatement = newStatement("hold", `INSERT INTO quarantine (`+entryRow+withBody+`)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::json[], $6::text[], $7::text[],
			$8::text[], $9::numeric[], $10::text[], $11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::bigint[],
			$16::boolean[], $17::bigint[], $18::bytea[], $19::bytea[], $20::text[], $21::bytea[])
		ON CONFLICT (id) DO NOTHING RETURNING id`)

	lockStatement = newStatement("lock", "SELECT id, state, attempt, reason, redrive_id FROM quarantine WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE")

	seenStatement = newStatement("seen", `UPDATE quarantine q
		SET seen = q.seen + u.seen, last_seen_at = greatest(q.last_seen_at, u.last_seen_at), state = u.state
		FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[]) AS u (id, seen, last_seen_at, state)
		WHERE q.id = u.id`)
)

// holdBytes is about how much of bodies goes into one statement.
const holdBytes = 16 << 20

func scanStanding(row pgx.CollectableRow) (*quarantine.Standing, error) {
	var s quarantine.Standing
	err := row.Scan(&s.ID, (*string)(&s.State), &s.Attempt, (*string)(&s.Reason), (*text)(&s.Redrive))
	return &s, err
}

// lock locks entries, in the order of their ids, and returns what stands.
func (t *tx) lock(ctx context.Context, op string, ids []string) (map[string]*quarantine.Standing, error) {
	found, err := query(ctx, t, request{op: op, statement: lockStatement, params: [][]byte{textArray(ids)}}, scanStanding)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*quarantine.Standing, len(found))
	for _, s := range found {
		byID[s.ID] = s
	}
	return byID, nil
}

// Quarantine writes entries, or what changes when they come again. All new ones
// are written before any known one is locked: of two transactions that meet,
// one waits for the other, never both. A known one that is purged in between is
// new after all: this transaction is to be run again.
func (t *tx) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	op := fmt.Sprintf("quarantine %d entries", len(es))
	fresh := make(map[string]bool, len(es))
	for rest := es; len(rest) > 0; {
		n := sizeOfPart(rest)
		if err := t.hold(ctx, op, rest[:n], fresh); err != nil {
			return err
		}
		rest = rest[n:]
	}
	var known []string
	for i := range es {
		if !fresh[es[i].ID] {
			known = append(known, es[i].ID)
		}
	}
	var stand map[string]*quarantine.Standing
	if len(known) > 0 {
		var err error
		if stand, err = t.lock(ctx, op, known); err != nil {
			return err
		}
		if len(stand) < len(known) {
			t.failed = &store.Error{Class: store.ClassTransient, Op: op, Err: errors.New("an entry was purged meanwhile")}
			return t.failed
		}
	}
	t.writeSeen(op, es, stand)
	return nil
}

// sizeOfPart is how many of the entries go into one statement.
func sizeOfPart(es []quarantine.Entry) int {
	size := 0
	for i := range es {
		size += len(es[i].Body) + len(es[i].MendedBody)
		if size > holdBytes {
			return max(i, 1)
		}
	}
	return len(es)
}

// hold writes those of the entries that are new, and adds their ids to fresh.
func (t *tx) hold(ctx context.Context, op string, es []quarantine.Entry, fresh map[string]bool) error {
	scratch := t.scratch
	columns := t.arrays(entryTypes)
	for i := range es {
		appendEntry(columns, &es[i])
	}
	ids, err := query(ctx, t, request{op: op, statement: holdStatement, params: values(columns)}, pgx.RowTo[string])
	t.scratch = scratch // sent: the columns are free again
	for _, id := range ids {
		fresh[id] = true
	}
	return err
}

// writeSeen writes what changes in known entries, and the history of all.
func (t *tx) writeSeen(op string, es []quarantine.Entry, stand map[string]*quarantine.Standing) {
	var lines []quarantine.HistoryLine
	columns := t.arrays(seenTypes)
	for i := range es {
		e := &es[i]
		stands := stand[e.ID]
		if stands == nil {
			lines = append(lines, e.FirstLine())
			continue
		}
		if line, ok := stands.SeenAgain(e); ok {
			lines = append(lines, line)
		}
		columns[0].text(e.ID)
		columns[1].integer(e.Seen)
		columns[2].time(e.LastSeenAt)
		columns[3].text(string(stands.State))
	}
	if len(stand) > 0 {
		t.later(request{op: op, statement: seenStatement, params: values(columns)})
	}
	t.history(op, lines)
}

func appendEntry(columns []*array, e *quarantine.Entry) {
	columns[0].text(e.ID)
	columns[1].text(string(e.Reason))
	columns[2].text(e.Detail)
	jsonOrNull(columns[3], e.FieldErrors, len(e.FieldErrors))
	jsonOrNull(columns[4], e.Headers, len(e.Headers))
	columns[5].text(e.Queue)
	columns[6].text(e.Position)
	columns[7].textOrNull(e.TransactionID)
	if e.Amount != nil {
		decimals, _ := e.Amount.Currency.Decimals()
		columns[8].numeric(e.Amount.Minor, decimals)
		columns[9].text(string(e.Amount.Currency))
	} else {
		columns[8].null()
		columns[9].null()
	}
	columns[10].integer(e.Seen)
	columns[11].time(e.FirstSeenAt)
	columns[12].time(e.LastSeenAt)
	columns[13].text(string(e.State))
	columns[14].integer(int64(e.Attempt))
	columns[15].boolean(e.Truncated)
	columns[16].integer(e.BodySize)
	columns[17].bytes(e.BodySHA256[:])
	columns[18].bytesOrNull(e.MendedBody)
	columns[19].textOrNull(e.RedriveID)
	columns[20].bytes(e.Body)
}

// jsonOrNull writes a list or map of n things.
func jsonOrNull(a *array, v any, n int) {
	if n == 0 {
		a.null()
		return
	}
	a.bytes(jsonOf(v))
}
