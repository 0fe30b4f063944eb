package wire

import "bytes"

// maxDepth is how deep objects and arrays may be nested; the message itself is
// the first level.
const maxDepth = 16

const (
	cutShort     = "the message is cut short"
	empty        = "the message is empty"
	notAnObject  = "the message is not a JSON object"
	tooDeep      = "nested deeper than 16"
	keyTwice     = "a key stands twice"
	twoNames     = "two names of one field"
	wantKey      = "a key in quotes was expected"
	wantColon    = "a colon was expected"
	wantValue    = "a value was expected"
	wantComma    = "a comma or the end of the list was expected"
	wantNumber   = "this is not how JSON writes numbers"
	trailing     = "something follows the object"
	byteOrder    = "a byte order mark"
	controlByte  = "a raw control character in a text"
	badUTF8      = "not valid UTF-8"
	badEscape    = "an escape that JSON does not have"
	nulCharacter = "a NUL character"
	halfPair     = "half of a surrogate pair"
)

// scanner reads one message in one pass. Its methods return false at the first
// fault, which then stands in at and problem.
type scanner struct {
	body    []byte
	pos     int
	at      int
	problem string

	keys   keySet
	arena  []byte // unescaped texts
	spaces int    // insignificant white space so far, in bytes

	fields    [fieldCount]value
	extra     []byte // unknown members, each with a comma before it
	zoneNamed bool   // the message has a member zoneKey of its own
	control   bool   // the message has a member recibo_control_total: it is no event
}

func (s *scanner) fail(at int, problem string) bool {
	if at >= len(s.body) {
		at, problem = len(s.body), cutShort
	}
	s.at, s.problem = at, problem
	return false
}

// peek skips white space and returns the byte after it, 0 at the end. A NUL
// byte is at home nowhere outside of texts, so nobody needs to tell them apart.
func (s *scanner) peek() byte {
	for s.pos < len(s.body) {
		c := s.body[s.pos]
		if c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
			return c
		}
		s.pos++
		s.spaces++
	}
	return 0
}

// message reads the whole body.
func (s *scanner) message() bool {
	if bytes.HasPrefix(s.body, []byte("\uFEFF")) {
		return s.fail(0, byteOrder)
	}
	switch c := s.peek(); {
	case c == 0 && s.pos == len(s.body):
		s.at, s.problem = s.pos, empty
		return false
	case c != '{':
		return s.fail(s.pos, notAnObject)
	}
	if !s.object(1) {
		return false
	}
	if s.peek(); s.pos < len(s.body) {
		return s.fail(s.pos, trailing)
	}
	return true
}

// value reads any value and returns its kind. A text's span excludes the quotes.
func (s *scanner) value(depth int) (v value, ok bool) {
	c := s.peek()
	start := s.pos
	switch c {
	case '"':
		v.kind = text
		v.escaped, ok = s.text()
		v.start, v.end = int32(start+1), int32(s.pos-1)
		return v, ok
	case '{':
		v.kind, ok = other, s.object(depth+1)
	case '[':
		v.kind, ok = other, s.array(depth+1)
	case 'n':
		v.kind, ok = null, s.literal("null")
	case 't':
		v.kind, ok = other, s.literal("true")
	case 'f':
		v.kind, ok = other, s.literal("false")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		v.kind, ok = number, s.number()
	default:
		return v, s.fail(start, wantValue)
	}
	v.start, v.end = int32(start), int32(s.pos)
	return v, ok
}

func (s *scanner) array(depth int) bool {
	if depth > maxDepth {
		return s.fail(s.pos, tooDeep)
	}
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return true
	}
	for {
		if _, ok := s.value(depth); !ok {
			return false
		}
		if more, ok := s.more(']'); !more {
			return ok
		}
	}
}

func (s *scanner) object(depth int) bool {
	if depth > maxDepth {
		return s.fail(s.pos, tooDeep)
	}
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return true
	}
	keys := s.keys.open()
	for {
		if !s.member(&keys, depth) {
			return false
		}
		if more, ok := s.more('}'); !more {
			s.keys.close(&keys)
			return ok
		}
	}
}

// more reads the comma or the closing bracket after a value.
func (s *scanner) more(closing byte) (more, ok bool) {
	switch c := s.peek(); c {
	case ',':
		s.pos++
		return true, true
	case closing:
		s.pos++
		return false, true
	}
	return false, s.fail(s.pos, wantComma)
}

func (s *scanner) literal(word string) bool {
	for i := range len(word) {
		if at := s.pos + i; at >= len(s.body) || s.body[at] != word[i] {
			return s.fail(at, wantValue)
		}
	}
	s.pos += len(word)
	return true
}
