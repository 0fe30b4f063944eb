package mysql

import (
	"fmt"
	"strings"
)

// Grants returns the statements that give a database user what a recorder
// needs and nothing more: payments it may read and add to, never change. Who
// made the tables, or an administrator, runs them in their database, after each
// migration. The user is a name, from any host, or name@host. Where a row is
// inserted or else updated, MariaDB wants the right to update all of it.
func Grants(user string) string {
	return grants(user,
		"SELECT ON "+versions,
		"SELECT, INSERT ON payments",
		"SELECT, INSERT, UPDATE (seen, last_seen_at, state, attempt, reason, detail, field_errors) ON quarantine",
		"SELECT, INSERT ON quarantine_history",
		"SELECT, INSERT, UPDATE ON outages",
		"SELECT, INSERT, UPDATE (seen_at, seq) ON writers",
		"SELECT, INSERT, UPDATE ON tally",
		"SELECT ON redrives",
		"SELECT, INSERT ON control_totals")
}

// OperatorGrants returns the statements for a user who looks at everything and
// decides about entries of the quarantine: mend, redrive, discard, purge.
func OperatorGrants(user string) string {
	return grants(user,
		"SELECT ON "+versions,
		"SELECT ON payments",
		"SELECT, UPDATE (state, attempt, reason, detail, field_errors, mended_body, redrive_id), DELETE ON quarantine",
		"SELECT, INSERT, DELETE ON quarantine_history",
		"SELECT ON outages",
		"SELECT ON writers",
		"SELECT ON tally",
		"SELECT, INSERT, UPDATE ON redrives",
		"SELECT ON control_totals")
}

// ReaderGrants returns the statements for a user who looks and changes nothing:
// status, find, lists, reconcile.
func ReaderGrants(user string) string {
	all := []string{"SELECT ON " + versions}
	for _, table := range tables {
		all = append(all, "SELECT ON "+table.name)
	}
	return grants(user, all...)
}

func grants(user string, rights ...string) string {
	var b strings.Builder
	for _, r := range rights {
		fmt.Fprintf(&b, "GRANT %s TO %s;\n", r, account(user))
	}
	return b.String()
}

// account quotes a user: 'name'@'host'.
func account(user string) string {
	name, host := user, "%"
	if at := strings.LastIndexByte(user, '@'); at >= 0 {
		name, host = user[:at], user[at+1:]
	}
	return quoteName(name) + "@" + quoteName(host)
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
