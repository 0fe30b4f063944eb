package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const masked = "***"

// Mask hides the password of a user and the secret parameters of an address,
// also of one that cannot be parsed. Where it cannot tell what is secret it
// hides too much: that only looks odd.
func Mask(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || !schemeForm.MatchString(strings.ToLower(scheme)) {
		return maskLoose(text)
	}
	q := parametersAt(rest)
	return scheme + "://" + maskUser(scheme, rest[:q]) + maskParameters(rest[q:])
}

// places is hosts and a path, after a user or not.
var places = regexp.MustCompile(`^(?:.*@)?` + host + `(?:,` + host + `)*/[^@]*$`)

const host = `(?:\[[^\]]*\]|[^][@:/?#,]*)(?::[0-9]{1,5})?`

var parameterName = regexp.MustCompile(`^\?[A-Za-z0-9_.%-]+=`)

// parametersAt is the index of the ? before the parameters, or the length. A
// password that was not escaped may hold a ?, too: one with an @ somewhere
// behind it begins the parameters only if all before it is an address already.
func parametersAt(rest string) int {
	q := strings.IndexByte(rest, '?')
	if q < 0 {
		return len(rest)
	}
	last := strings.LastIndexByte(rest, '@')
	if last < q || places.MatchString(rest[:q]) && parameterName.MatchString(rest[q:]) {
		return q
	}
	if q = strings.IndexByte(rest[last:], '?'); q >= 0 {
		return last + q
	}
	return len(rest)
}

// maskUser hides a password up to the last @: one that was not escaped may hold
// @ and /.
func maskUser(scheme, head string) string {
	at := strings.LastIndexByte(head, '@')
	if at <= 0 {
		return head
	}
	user, password, _ := strings.Cut(head[:at], ":")
	switch {
	case password != "":
		return user + ":" + masked + head[at:]
	case strings.EqualFold(scheme, "nats"): // a token stands where a user would
		return masked + head[at:]
	}
	return head
}

// maskParameters hides the values of secret parameters, and what is secret in a
// parameter that is an address itself.
func maskParameters(parameters string) string {
	if parameters == "" {
		return ""
	}
	parts := strings.Split(parameters[1:], "&")
	for i, part := range parts {
		parts[i] = maskParameter(part)
	}
	return "?" + strings.Join(parts, "&")
}

func maskParameter(part string) string {
	name, value, _ := strings.Cut(part, "=")
	if plain := unescaped(value); strings.Contains(plain, "://") && Mask(plain) != plain {
		return name + "=" + masked
	}
	// Some take ; for &, too.
	for begin, end := 0, 0; end < len(part); end++ {
		switch part[end] {
		case ';':
			begin = end + 1
		case '=':
			if end+1 < len(part) && isSecret(unescaped(part[begin:end])) {
				return part[:end+1] + masked
			}
		}
	}
	return part
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// isSecret tells by a parameter's name. The name of a file is no secret.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	has := func(word string) bool { return strings.Contains(name, word) }
	for _, end := range []string{"file", "path", "dir"} {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	return slices.ContainsFunc([]string{"pass", "pwd", "token", "secret", "credential", "apikey", "api_key", "accesskey", "access_key"}, has) ||
		name == "authmechanismproperties" // MongoDB: it may hold a session token
}

// fileSchemes are followed by a path: nothing in it is secret.
var fileSchemes = []string{"sqlite", "embedded"}

var secretWord = regexp.MustCompile(`(?i)((?:pass|pwd|token|secret)\w*\s*[=:]\s*)\S.*`)

// maskLoose hides what may be secret in a text that is no address with //: the
// addresses of other programs, user:password@tcp(host)/db or key=value.
func maskLoose(text string) string {
	scheme, rest, found := strings.Cut(text, ":")
	if found && slices.Contains(fileSchemes, strings.ToLower(scheme)) {
		return text
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		text = scheme + ":" + masked + rest[at:]
	}
	return secretWord.ReplaceAllString(text, "${1}"+masked)
}
