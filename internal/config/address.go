package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// Address says which queue or store: a scheme, and what the scheme's adapter
// makes of the rest. It shows itself with passwords masked, whatever prints it.
type Address struct {
	Scheme string
	text   string
}

var schemeForm = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// ParseAddress reads scheme:rest. The error never holds a password.
func ParseAddress(text string) (Address, error) {
	scheme, rest, found := strings.Cut(text, ":")
	scheme = strings.ToLower(scheme)
	if !found || !schemeForm.MatchString(scheme) {
		return Address{}, fmt.Errorf("%q does not begin with a scheme", Mask(text))
	}
	if strings.Trim(rest, "/") == "" && rest != "/" {
		return Address{}, fmt.Errorf("%q names nothing after its scheme", Mask(text))
	}
	return Address{Scheme: scheme, text: scheme + ":" + rest}, nil
}

// Rest is what follows the scheme and its colon, passwords included.
func (a Address) Rest() string { return strings.TrimPrefix(a.text, a.Scheme+":") }

// Full is the whole address, passwords included: for adapters only.
func (a Address) Full() string { return a.text }

// String is the address with passwords masked.
func (a Address) String() string { return Mask(a.text) }

// GoString is the address with passwords masked.
func (a Address) GoString() string { return a.String() }

// LogValue keeps passwords out of logs.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText keeps passwords out of JSON.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// HasSecret reports whether masking hides something.
func (a Address) HasSecret() bool { return a.String() != a.text }

// WithPassword returns the address with the password of its user set, in place
// of one that it has.
func (a Address) WithPassword(password string) (Address, error) {
	prefix, rest, found := strings.Cut(a.text, "://")
	if !found {
		return Address{}, fmt.Errorf("%s takes no password", a.Scheme)
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	if at <= 0 {
		return Address{}, fmt.Errorf("%s has no user to give the password to", a)
	}
	user, _, _ := strings.Cut(authority[:at], ":")
	a.text = prefix + "://" + user + ":" + escaped(password) + rest[at:]
	return a, nil
}

// escaped leaves letters, digits and -._~ as they are and nothing else: lists of
// hosts are taken apart at commas before anybody looks for a password.
func escaped(password string) string {
	return strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
}
