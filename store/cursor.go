package store

import (
	"encoding/base64"
	"encoding/json"
)

// EncodeCursor makes an opaque cursor from the sort key of a page's last item.
func EncodeCursor(key ...string) string {
	b, err := json.Marshal(key)
	if err != nil {
		panic(err) // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// DecodeCursor returns the n parts that EncodeCursor was given, nil for the
// empty cursor, or ErrBadCursor.
func DecodeCursor(cursor string, n int) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, ErrBadCursor
	}
	var key []string
	if json.Unmarshal(b, &key) != nil || len(key) != n {
		return nil, ErrBadCursor
	}
	return key, nil
}
