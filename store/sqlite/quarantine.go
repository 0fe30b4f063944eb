package sqlite

import (
	"context"
	"fmt"

	"recibo/quarantine"
)

// entry reads what stands under id.
func (t *tx) entry(ctx context.Context, id string) (s quarantine.Standing, found bool, err error) {
	found, err = t.find(ctx, "SELECT state, attempt, reason FROM quarantine WHERE id = ?", []any{id}, &s.State, &s.Attempt, &s.Reason)
	return s, found, err
}

// Quarantine writes entries, or what changes when they come again.
func (t *tx) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	for i := range es {
		if err := t.quarantine(ctx, &es[i]); err != nil {
			return t.fail(fmt.Sprintf("quarantine %d entries", len(es)), err, inGeneral)
		}
	}
	return nil
}

func (t *tx) quarantine(ctx context.Context, e *quarantine.Entry) error {
	stands, found, err := t.entry(ctx, e.ID)
	if err != nil {
		return err
	}
	if !found {
		if err := t.insertEntry(ctx, e); err != nil {
			return err
		}
		return t.history(ctx, e.FirstLine())
	}
	_, err = t.exec(ctx, "UPDATE quarantine SET seen = seen + ?, last_seen_at = max(last_seen_at, ?) WHERE id = ?",
		e.Seen, timeText(e.LastSeenAt), e.ID)
	if err != nil {
		return err
	}
	line, ok := stands.SeenAgain(e)
	if !ok {
		return nil
	}
	if _, err := t.exec(ctx, "UPDATE quarantine SET state = ? WHERE id = ?", string(stands.State), e.ID); err != nil {
		return err
	}
	return t.history(ctx, line)
}

func (t *tx) insertEntry(ctx context.Context, e *quarantine.Entry) error {
	var amount, currency, fields, headers any
	if e.Amount != nil {
		amount, currency = e.Amount.Decimal(), string(e.Amount.Currency)
	}
	if len(e.FieldErrors) > 0 {
		fields = jsonText(e.FieldErrors)
	}
	if len(e.Headers) > 0 {
		headers = jsonText(e.Headers)
	}
	body := e.Body
	if body == nil {
		body = []byte{} // NULL is no body at all
	}
	_, err := t.exec(ctx, `INSERT INTO quarantine (id, reason, detail, field_errors, headers, queue, position, transaction_id,
			amount, currency, seen, first_seen_at, last_seen_at, state, attempt, truncated, body_size, body_sha256, body, mended_body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, string(e.Reason), e.Detail, fields, headers, e.Queue, e.Position, textOrNull(e.TransactionID),
		amount, currency, e.Seen, timeText(e.FirstSeenAt), timeText(e.LastSeenAt), string(e.State), e.Attempt,
		e.Truncated, e.BodySize, e.BodySHA256[:], body, e.MendedBody)
	return err
}

// Transition moves entries from state to state.
func (t *tx) Transition(ctx context.Context, ts []quarantine.Transition) ([]bool, error) {
	done := make([]bool, len(ts))
	for i := range ts {
		var err error
		if done[i], err = t.transition(ctx, &ts[i]); err != nil {
			return nil, t.fail(fmt.Sprintf("move %d entries", len(ts)), err, inGeneral)
		}
	}
	return done, nil
}

func (t *tx) transition(ctx context.Context, tr *quarantine.Transition) (bool, error) {
	e, found, err := t.entry(ctx, tr.EntryID)
	if err != nil || !found {
		return false, err
	}
	line, ok := e.Move(tr)
	if !ok {
		return false, nil
	}
	set, args := "state = ?, attempt = ?", []any{string(e.State), e.Attempt}
	if e.State == quarantine.Redriven {
		set, args = set+", redrive_id = ?", append(args, textOrNull(e.Redrive))
	}
	if _, err := t.exec(ctx, "UPDATE quarantine SET "+set+" WHERE id = ?", append(args, tr.EntryID)...); err != nil {
		return false, err
	}
	if e.Replaced != nil {
		if err := t.replaceReason(ctx, tr); err != nil {
			return false, err
		}
	}
	return true, t.history(ctx, line)
}

func (t *tx) replaceReason(ctx context.Context, tr *quarantine.Transition) error {
	var fields any
	if len(tr.FieldErrors) > 0 {
		fields = jsonText(tr.FieldErrors)
	}
	_, err := t.exec(ctx, "UPDATE quarantine SET reason = ?, detail = ?, field_errors = ? WHERE id = ?",
		string(tr.Reason), tr.Detail, fields, tr.EntryID)
	return err
}

func (t *tx) history(ctx context.Context, l quarantine.HistoryLine) error {
	var mended []byte
	if l.MendedSHA256 != nil {
		mended = l.MendedSHA256[:]
	}
	_, err := t.exec(ctx, `INSERT INTO quarantine_history (entry_id, from_state, to_state, attempt, reason, actor, note, at, mended_sha256)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.EntryID, textOrNull(string(l.From)), string(l.To), l.Attempt, string(l.Reason), l.Actor, textOrNull(l.Note), timeText(l.At), mended)
	return err
}
