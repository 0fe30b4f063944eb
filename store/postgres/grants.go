package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Grants returns the statements that give a database user what a recorder
// needs and nothing more: payments it may read and add to, never change. The
// owner of the tables runs them, after each migration.
func Grants(user string) string {
	return grants(user,
		"SELECT ON "+versions,
		"SELECT, INSERT ON payments, quarantine, quarantine_history, outages, writers, tally, control_totals",
		"SELECT ON redrives",
		"UPDATE (seen, last_seen_at, state, attempt, reason, detail, field_errors) ON quarantine",
		"UPDATE ON outages",
		"UPDATE (seen_at, seq) ON writers",
		"UPDATE (count, amount) ON tally")
}

// OperatorGrants returns the statements for a user who looks at everything and
// decides about entries of the quarantine: mend, redrive, discard, purge.
func OperatorGrants(user string) string {
	return grants(user,
		"SELECT ON "+versions,
		"SELECT ON "+tableNames(),
		"UPDATE (state, attempt, reason, detail, field_errors, mended_body, redrive_id) ON quarantine",
		"INSERT ON quarantine_history",
		"DELETE ON quarantine, quarantine_history",
		"INSERT, UPDATE ON redrives")
}

// ReaderGrants returns the statements for a user who looks and changes nothing:
// status, find, lists, reconcile.
func ReaderGrants(user string) string {
	return grants(user, "SELECT ON "+versions+", "+tableNames())
}

func tableNames() string {
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = table.name
	}
	return strings.Join(names, ", ")
}

func grants(user string, rights ...string) string {
	var b strings.Builder
	for _, r := range rights {
		fmt.Fprintf(&b, "GRANT %s TO %s;\n", r, pgx.Identifier{user}.Sanitize())
	}
	return b.String()
}
