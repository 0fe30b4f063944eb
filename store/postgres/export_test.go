package postgres

import "testing"

// SetMaxMessage changes the most that is sent at once until restore is called.
func SetMaxMessage(n int) (restore func()) {
	before := maxMessage
	maxMessage = n
	return func() { maxMessage = before }
}

// Settings are what a connection that writes is set to.
func Settings(t testing.TB, s *Store, names ...string) []string {
	t.Helper()
	c, err := s.writers.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writers.put(c)
	var values []string
	for _, name := range names {
		var value string
		if err := c.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		values = append(values, value)
	}
	return values
}
