package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

const masked = "***"

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

// WithPassword returns the address with the password of its user set.
func (a Address) WithPassword(password string) (Address, error) {
	prefix, rest, found := strings.Cut(a.text, "://")
	if !found {
		return Address{}, fmt.Errorf("%s takes no password", a.Scheme)
	}
	at := userEnd(rest)
	if at <= 0 {
		return Address{}, fmt.Errorf("%s has no user to give the password to", a)
	}
	user, _, _ := strings.Cut(rest[:at], ":")
	userinfo := url.UserPassword("", password).String() // escapes what a user part must
	a.text = prefix + "://" + user + userinfo + rest[at:]
	return a, nil
}

var secretParameter = regexp.MustCompile(`(?i)([?&][^=&]*(?:pass|pwd|token|secret)[^=&]*=)[^&]*`)

// Mask hides the password of a user and the secret parameters of an address,
// also of one that cannot be parsed.
func Mask(text string) string {
	text = secretParameter.ReplaceAllString(text, "${1}"+masked)
	prefix, rest, found := strings.Cut(text, "://")
	if !found {
		return text
	}
	at := userEnd(rest)
	if at <= 0 {
		return text
	}
	user, _, hasPassword := strings.Cut(rest[:at], ":")
	switch {
	case hasPassword:
		return prefix + "://" + user + ":" + masked + rest[at:]
	case prefix == "nats": // a NATS token stands where a user would
		return prefix + "://" + masked + rest[at:]
	}
	return text
}

// userEnd is the index of the @ behind the user. A password that was not
// escaped may hold @ and /, so that it is the last one before the parameters:
// masking too much only looks odd.
func userEnd(rest string) int {
	if q := strings.IndexByte(rest, '?'); q >= 0 {
		if at := strings.LastIndexByte(rest[:q], '@'); at >= 0 {
			return at
		}
	}
	return strings.LastIndexByte(rest, '@')
}
