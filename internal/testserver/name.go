package testserver

import (
	"crypto/rand"
	"strings"
)

// unique makes a name of lower case letters, digits and underscores that
// begins like the one given and is like no other.
func unique(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	clean = strings.TrimPrefix(clean, "test")
	return "t_" + clean[:min(len(clean), 30)] + "_" + strings.ToLower(rand.Text()[:10])
}
