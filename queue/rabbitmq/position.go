package rabbitmq

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// longestPosition bounds what of an id a position shows.
const longestPosition = 100

// position is where a person finds a message: its queue and id, as the
// publisher and the broker's own tools show them. Without an id there is only
// when our channel was opened, and how many messages had come on it.
func position(from, id string, began time.Time, tag uint64) string {
	switch {
	case id == "":
		return from + "@" + began.UTC().Format(time.RFC3339) + "/" + strconv.FormatUint(tag, 10)
	case len(id) <= longestPosition && printable(id):
		return from + "#" + id
	}
	text := strconv.QuoteToGraphic(id)
	text = text[1 : len(text)-1]
	if len(text) > longestPosition {
		end := longestPosition
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return from + "#" + text
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
