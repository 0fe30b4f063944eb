package mysql

import "testing"

// SetMaxStatement changes the most that is sent at once until restore is called.
func SetMaxStatement(n int) (restore func()) {
	before := maxStatement
	maxStatement = n
	return func() { maxStatement = before }
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
	c, err := p.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.put(c)
	var value text
	if err := c.QueryRowContext(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return string(value)
}
