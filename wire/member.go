package wire

import (
	"bytes"

	"recibo/payment"
)

// member reads a key, a colon and a value. Of the message's own members it
// notes what is known and keeps what is not.
func (s *scanner) member(keys *objectKeys, depth int) bool {
	if s.peek() != '"' {
		return s.fail(s.pos, wantKey)
	}
	start := s.pos
	key, ok := s.key()
	if !ok {
		return false
	}
	f := unknown
	if depth == 1 {
		f = fieldOf(s.bytes(key))
	}
	if problem := s.repeats(keys, f, key); problem != "" {
		return s.fail(start, problem)
	}
	rawKey := s.body[start:s.pos]
	if s.peek() != ':' {
		return s.fail(s.pos, wantColon)
	}
	s.pos++
	s.peek()
	from, spaces := s.pos, s.spaces
	v, ok := s.value(depth)
	switch {
	case !ok:
		return false
	case f != unknown:
		v.key = key
		s.fields[f] = v
	case depth == 1:
		if s.name(s.bytes(key)); !s.control { // nothing of a control total is kept
			s.keep(rawKey, s.body[from:s.pos], s.spaces > spaces)
		}
	}
	return true
}

// name notes the unknown members that mean something.
func (s *scanner) name(key []byte) {
	switch string(key) {
	case zoneKey:
		s.zoneNamed = true
	case payment.FieldControlTotal:
		s.control = true
	}
}

// key reads a text and returns where it stands unescaped.
func (s *scanner) key() (span, bool) {
	start := s.pos + 1
	escaped, ok := s.text()
	if !ok {
		return span{}, false
	}
	k := span{start: int32(start), end: int32(s.pos - 1)}
	if escaped {
		from := len(s.arena)
		s.arena = unescape(s.arena, s.body[k.start:k.end])
		k = span{start: int32(from), end: int32(len(s.arena)), escaped: true}
	}
	return k, true
}

// bytes returns a key's unescaped text.
func (s *scanner) bytes(k span) []byte {
	if k.escaped {
		return s.arena[k.start:k.end]
	}
	return s.body[k.start:k.end]
}

// repeats says how a key collides with an earlier one of its object.
func (s *scanner) repeats(keys *objectKeys, f field, key span) string {
	if f == unknown {
		if s.seen(keys, key) {
			return keyTwice
		}
		return ""
	}
	earlier := &s.fields[f]
	switch {
	case earlier.kind == absent:
		return ""
	case bytes.Equal(s.bytes(earlier.key), s.bytes(key)):
		return keyTwice
	}
	return twoNames
}

// fewExtra is how many bytes of unknown members most messages have at most.
const fewExtra = 256

// keep appends an unknown member as it stands, without the white space that
// means nothing.
func (s *scanner) keep(rawKey, rawValue []byte, spaced bool) {
	if s.extra == nil {
		s.extra = make([]byte, 0, min(len(s.body), fewExtra))
	}
	s.extra = append(s.extra, ',')
	s.extra = append(s.extra, rawKey...)
	s.extra = append(s.extra, ':')
	if !spaced {
		s.extra = append(s.extra, rawValue...)
		return
	}
	quoted := false
	for i := 0; i < len(rawValue); i++ {
		c := rawValue[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\': // whatever is escaped, a quote above all
			s.extra = append(s.extra, c)
			i++
			c = rawValue[i]
		case !quoted && c <= ' ':
			continue
		}
		s.extra = append(s.extra, c)
	}
}
