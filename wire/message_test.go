package wire_test

import (
	"fmt"
	"strings"
)

// A message of the tables is made of these members, changed as a case says.
var members = [][2]string{
	{"transaction_id", `"E6070119020261123141503aB9xQ2Lk7"`},
	{"amount", `"150.75"`},
	{"currency", `"BRL"`},
	{"payer_account", `"BR1800360305000010009795493C1"`},
	{"payee_account", `"BR9700360305000010009795493P1"`},
	{"occurred_at", `"2026-11-23T14:15:03.123-03:00"`},
	{"method", `"pix"`},
	{"source", `"mobile-app"`},
}

// edit returns the message with other raw values: name, value, name, value. A
// value "" leaves the member out; a name that is no member is added at the end.
func edit(pairs ...string) string { return editMembers(members, pairs...) }

func editMembers(members [][2]string, pairs ...string) string {
	var parts []string
	known := map[string]bool{}
	for _, m := range members {
		name, value := m[0], m[1]
		known[name] = true
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				value = pairs[i+1]
			}
		}
		if value != "" {
			parts = append(parts, `"`+name+`":`+value)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if !known[pairs[i]] {
			parts = append(parts, `"`+pairs[i]+`":`+pairs[i+1])
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// rename returns the message with a member under another name.
func rename(name, alias string) string {
	for _, m := range members {
		if m[0] == name {
			return edit(name, "", alias, m[1])
		}
	}
	panic("no member " + name)
}

// nested returns a value in so many arrays, objects or both in turn.
func nested(open, closing string, levels int) string {
	return strings.Repeat(open, levels) + "1" + strings.Repeat(closing, levels)
}

// manyKeys returns the members k0 to k(n-1), without brackets.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"k%d":%d`, i, i)
	}
	return b.String()
}
