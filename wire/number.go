package wire

// number reads a number by JSON's grammar:
// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
// What follows it is for the caller to judge.
func (s *scanner) number() bool {
	if s.body[s.pos] == '-' {
		s.pos++
	}
	if s.has('0', '0') {
		s.pos++
		if s.isDigit() {
			return s.fail(s.pos, wantNumber)
		}
	} else if !s.digits() {
		return false
	}
	if s.has('.', '.') {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if s.has('e', 'E') {
		s.pos++
		if s.has('+', '-') {
			s.pos++
		}
		return s.digits()
	}
	return true
}

// digits reads one digit or more.
func (s *scanner) digits() bool {
	if !s.isDigit() {
		return s.fail(s.pos, wantNumber)
	}
	for s.isDigit() {
		s.pos++
	}
	return true
}

func (s *scanner) isDigit() bool {
	return s.pos < len(s.body) && '0' <= s.body[s.pos] && s.body[s.pos] <= '9'
}

// has reports whether the next byte is one of two.
func (s *scanner) has(a, b byte) bool {
	return s.pos < len(s.body) && (s.body[s.pos] == a || s.body[s.pos] == b)
}
