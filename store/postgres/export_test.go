package postgres

import "testing"

// SetMaxMessage changes the most that is sent at once until restore is called.
func SetMaxMessage(n int) (restore func()) {
	before := maxMessage
	maxMessage = n
	return func() { maxMessage = before }
}

// Question asks on a connection that writes, for text.
func Question(t testing.TB, s *Store, sql string, args ...any) string {
	t.Helper()
	return question(t, s.writers, sql, args...)
}

// ReaderQuestion asks on a connection that reads.
func ReaderQuestion(t testing.TB, s *Store, sql string, args ...any) string {
	t.Helper()
	return question(t, s.readers, sql, args...)
}

func question(t testing.TB, p *pool, sql string, args ...any) string {
	t.Helper()
	c, err := p.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Put(c)
	var value string
	if err := c.QueryRow(t.Context(), "SELECT ("+sql+")::text", args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}
