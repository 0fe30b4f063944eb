package mysql

import (
	"fmt"
	"strings"
)

var everyTable = append([]string{versions}, tableNames...)

// Grants returns the statements that give a database user what a recorder
// needs and nothing more: payments it may read and add to, never change. Who
// made the tables, or an administrator, runs them in their database, after each
// migration. The user is a name, from any host, or name@host.
func Grants(user string) string {
	return grants(user, "SELECT", everyTable...) +
		grants(user, "INSERT", tableNames...) +
		grants(user, "UPDATE (seen, last_seen_at, state, attempt, reason, detail, field_errors)", "quarantine") +
		grants(user, "UPDATE (seen_at, seq)", "writers") +
		grants(user, "UPDATE", "outages", "tally") // MariaDB asks for all columns where a row is inserted or updated
}

// OperatorGrants returns the statements for a user who looks at everything and
// decides about entries of the quarantine: mend, redrive, discard.
func OperatorGrants(user string) string {
	return grants(user, "SELECT", everyTable...) +
		grants(user, "UPDATE (state, attempt, reason, detail, field_errors, mended_body)", "quarantine") +
		grants(user, "INSERT", "quarantine_history")
}

// ReaderGrants returns the statements for a user who looks and changes nothing:
// status, find, lists, reconcile.
func ReaderGrants(user string) string { return grants(user, "SELECT", everyTable...) }

func grants(user, right string, tables ...string) string {
	var b strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&b, "GRANT %s ON %s TO %s;\n", right, table, account(user))
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
