package adapter

import (
	"errors"
	"net/url"
	"strings"
)

// ErrNotEscaped is an address whose password ends in the wrong part of it.
var ErrNotEscaped = errors.New("not an address: write / ? # and @ of a password as %2F %3F %23 and %40")

// CheckEscaped refuses a URL that has an @ behind its host, in the path or in a
// parameter's name: what stands before it may be the rest of a password that
// was not escaped, and no error may tell it.
func CheckEscaped(u *url.URL) error {
	if strings.Contains(u.EscapedPath(), "@") || strings.Contains(u.EscapedFragment(), "@") {
		return ErrNotEscaped
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, _ := strings.Cut(part, "="); strings.Contains(name, "@") {
			return ErrNotEscaped
		}
	}
	return nil
}
