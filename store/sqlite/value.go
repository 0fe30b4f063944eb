package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"recibo/payment"
)

// How values stand in columns, and how they are read back.

func timeText(t time.Time) string { return t.UTC().Format(payment.TimeLayout) }

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return timeText(t)
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// jsonText writes a value that always marshals: strings, maps and slices of them.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// text is a destination for a column that may be NULL.
type text string

func (t *text) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(v)
	default:
		return fmt.Errorf("text was wanted, not %T", v)
	}
	return nil
}

// moment is a destination for a time; NULL is the zero time.
type moment struct{ to *time.Time }

func (m moment) Scan(v any) error {
	if v == nil {
		*m.to = time.Time{}
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a time was wanted, not %T", v)
	}
	t, err := time.Parse(payment.TimeLayout, s)
	if err != nil {
		return fmt.Errorf("a column holds no time: %w", err)
	}
	*m.to = t
	return nil
}

// object is a destination for JSON; NULL leaves it alone.
type object struct{ to any }

func (o object) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	return json.Unmarshal([]byte(s), o.to)
}

// hash is a destination for a SHA-256.
type hash struct{ to *[32]byte }

func (h hash) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(h.to) {
		return fmt.Errorf("a column holds no hash")
	}
	copy(h.to[:], b)
	return nil
}

// blob is a destination for bytes; NULL is nil, which an empty blob is not.
type blob struct{ to *[]byte }

func (b blob) Scan(v any) error {
	*b.to = nil
	if v == nil {
		return nil
	}
	bytes, ok := v.([]byte)
	if !ok {
		return fmt.Errorf("bytes were wanted, not %T", v)
	}
	*b.to = append([]byte{}, bytes...) // the driver reads an empty one as nil
	return nil
}

// collect scans all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
