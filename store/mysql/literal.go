package mysql

import (
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"
)

// statement is SQL text that is being built. Values are written as literals
// that mean the same in every mode of a session: nothing is escaped. A text
// with a quote or a backslash goes as hexadecimal digits.
type statement []byte

func (s *statement) sql(text string) { *s = append(*s, text...) }

// next separates a value from the one before.
func (s *statement) next() {
	if b := *s; len(b) > 0 && b[len(b)-1] != '(' && b[len(b)-1] != ' ' {
		*s = append(b, ',')
	}
}

func (s *statement) null() {
	s.next()
	s.sql("NULL")
}

func (s *statement) text(v string) {
	s.next()
	if !isPlain(v) {
		s.sql("_utf8mb4 x'")
		*s = hex.AppendEncode(*s, []byte(v))
		*s = append(*s, '\'')
		return
	}
	*s = append(*s, '\'')
	*s = append(*s, v...)
	*s = append(*s, '\'')
}

// isPlain tells whether v stands between quotes as it is.
func isPlain(v string) bool {
	for i := range len(v) {
		switch c := v[i]; {
		case c == '\'', c == '\\', c < ' ':
			return false
		case c >= utf8.RuneSelf:
			return utf8.ValidString(v) && isPlainRest(v[i:])
		}
	}
	return true
}

func isPlainRest(v string) bool {
	for i := range len(v) {
		if c := v[i]; c == '\'' || c == '\\' || c < ' ' {
			return false
		}
	}
	return true
}

// textOrNull writes absence for an empty text.
func (s *statement) textOrNull(v string) {
	if v == "" {
		s.null()
		return
	}
	s.text(v)
}

func (s *statement) bytes(v []byte) {
	s.next()
	s.sql("x'")
	*s = hex.AppendEncode(*s, v)
	*s = append(*s, '\'')
}

// bytesOrNull writes absence for nil, and not for no bytes.
func (s *statement) bytesOrNull(v []byte) {
	if v == nil {
		s.null()
		return
	}
	s.bytes(v)
}

func (s *statement) integer(v int64) {
	s.next()
	*s = strconv.AppendInt(*s, v, 10)
}

func (s *statement) boolean(v bool) {
	s.next()
	s.sql(strconv.FormatBool(v))
}

// timeLayout is how a DATETIME(3) is written, in UTC.
const timeLayout = "2006-01-02 15:04:05.000"

func (s *statement) time(v time.Time) {
	s.next()
	*s = append(*s, '\'')
	*s = v.UTC().AppendFormat(*s, timeLayout)
	*s = append(*s, '\'')
}

func (s *statement) timeOrNull(v time.Time) {
	if v.IsZero() {
		s.null()
		return
	}
	s.time(v)
}

// texts writes a list in brackets.
func (s *statement) texts(all []string) {
	s.sql("(")
	for _, v := range all {
		s.text(v)
	}
	s.sql(")")
}

func (s *statement) request(op string, at step) request {
	return request{op: op, at: at, sql: string(*s)}
}
