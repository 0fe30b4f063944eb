package wire

// walk tells each member of the object that opens at or behind a byte of a
// message that scanner.message has passed. A name is good until the next one.
func walk(body []byte, at int, each func(name []byte, v value)) {
	s := scanner{body: body, pos: at}
	s.peek()
	s.pos++
	for s.peek() != '}' {
		key, _ := s.key()
		s.peek()
		s.pos++ // the colon
		s.peek()
		each(s.bytes(key), s.skip())
		s.arena = s.arena[:0]
		if s.peek() == ',' {
			s.pos++
		}
	}
}

// skip is value for a message that was read before: it looks at nothing inside
// of objects and arrays but where they end.
func (s *scanner) skip() value {
	switch s.body[s.pos] {
	case '{', '[':
	default:
		v, _ := s.value(1)
		return v
	}
	v := value{kind: other, span: span{start: int32(s.pos)}}
	for depth := 0; ; {
		switch s.body[s.pos] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			_, _ = s.text()
			continue
		}
		s.pos++
		if depth == 0 {
			v.end = int32(s.pos)
			return v
		}
	}
}

// in returns where a value stands in its message.
func (v *value) in(body []byte) []byte { return body[v.start:v.end] }

// textIn returns the text that a value stands for.
func (v *value) textIn(body []byte) string {
	if v.escaped {
		return string(unescape(nil, v.in(body)))
	}
	return string(v.in(body))
}
