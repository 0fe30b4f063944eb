package mysql

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"

	"recibo/store"
)

// ClassOf tells the class of an error with this number: while payments are
// being written, in COMMIT, and anywhere else.
func ClassOf(number uint16) (inPayments, atCommit, elsewhere store.Class) {
	e := &mysql.MySQLError{Number: number}
	return classOf(e, inRecord), classOf(e, inCommit), classOf(e, inGeneral)
}

// MessageOf is what is told of a message of the server.
func MessageOf(number uint16, message string) string {
	return messageOf(&mysql.MySQLError{Number: number, Message: message})
}

// ParseVersion reads the version that a server tells.
func ParseVersion(text string) (int, bool) { return parseVersion(text) }

// Question asks on a connection that writes, for text.
func Question(t testing.TB, s *Store, query string, args ...any) string {
	t.Helper()
	return question(t, s.writers, query, args...)
}

// ReaderQuestion asks on a connection that reads.
func ReaderQuestion(t testing.TB, s *Store, query string, args ...any) string {
	t.Helper()
	return question(t, s.readers, query, args...)
}

func question(t testing.TB, p *pool, query string, args ...any) string {
	t.Helper()
	c, err := p.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Put(c)
	var value sql.NullString
	if err := c.QueryRowContext(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value.String
}
