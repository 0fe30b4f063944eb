package sqs

import (
	"encoding/base64"
	"unicode/utf8"
)

// How a body travels that SQS would not take as it is.
const (
	asBase64 = "base64"
	asEmpty  = "empty"
	nothing  = "-" // stands for an empty body
)

// legal says whether SQS takes a text: characters of XML 1.0, in UTF-8.
func legal[T string | []byte](text T) bool {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
		if size == 1 || r == 0xfffe || r == 0xffff {
			return false
		}
		i += size
	}
	return true
}

// wrap returns the body as it travels, and how: empty if as it is.
func wrap(body []byte) (text, how string) {
	switch {
	case len(body) == 0:
		return nothing, asEmpty
	case legal(body):
		return string(body), ""
	}
	return base64.StdEncoding.EncodeToString(body), asBase64
}

// unwrap undoes wrap; false if that is not what it is.
func unwrap(text, how string) ([]byte, bool) {
	switch how {
	case asEmpty:
		return nil, text == nothing
	case asBase64:
		body, err := base64.StdEncoding.Strict().DecodeString(text)
		return body, err == nil
	}
	return nil, false
}
