package wire

import "unicode/utf8"

// plain holds the bytes that stand for themselves in a text.
var plain = plainTable()

func plainTable() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}

// skipPlain returns the index of the first byte from i on that is not plain,
// len(b) when there is none.
func skipPlain(b []byte, i int) int {
	for i < len(b) && plain[b[i]] {
		i++
	}
	return i
}

// text reads a text from its opening quote to behind the closing one.
func (s *scanner) text() (escaped, ok bool) {
	b, i := s.body, s.pos+1
	for i = skipPlain(b, i); i < len(b); i = skipPlain(b, i) {
		switch c := b[i]; {
		case c == '"':
			s.pos = i + 1
			return escaped, true
		case c == '\\':
			size, problem := checkEscape(b[i:])
			if problem != "" {
				return false, s.failEscape(i, size, problem)
			}
			escaped = true
			i += size
		case c == 0:
			return false, s.fail(i, nulCharacter)
		case c < ' ':
			return false, s.fail(i, controlByte)
		default:
			_, size := utf8.DecodeRune(b[i:])
			if size == 1 {
				return false, s.fail(i, badUTF8)
			}
			i += size
		}
	}
	return false, s.fail(len(b), cutShort)
}

func (s *scanner) failEscape(at, size int, problem string) bool {
	if problem == cutShort {
		at += size
	}
	return s.fail(at, problem)
}

// checkEscape judges the escape at the start of b, a surrogate pair as one, and
// returns its size in bytes. One that the end of b cuts off has b's size.
func checkEscape(b []byte) (size int, problem string) {
	if len(b) < 2 {
		return len(b), cutShort
	}
	if b[1] != 'u' {
		if simpleEscape[b[1]] == 0 {
			return 0, badEscape
		}
		return 2, ""
	}
	code, problem := hex4(b)
	switch {
	case problem != "":
		return len(b), problem
	case code == 0:
		return 0, nulCharacter
	case code < 0xD800 || code > 0xDFFF:
		return 6, ""
	case code > 0xDBFF:
		return 0, halfPair
	}
	return checkLowHalf(b)
}

// checkLowHalf judges what follows the high half of a pair at the start of b.
func checkLowHalf(b []byte) (size int, problem string) {
	for i, c := range []byte(`\u`) {
		if len(b) == 6+i {
			return len(b), cutShort
		}
		if b[6+i] != c {
			return 0, halfPair
		}
	}
	low, problem := hex4(b[6:])
	switch {
	case problem == cutShort:
		return len(b), cutShort
	case problem != "" || low < 0xDC00 || low > 0xDFFF:
		return 0, halfPair
	}
	return 12, ""
}

// hex4 reads the four digits of a \uXXXX.
func hex4(b []byte) (code rune, problem string) {
	for i := 2; i < 6; i++ {
		if i >= len(b) {
			return 0, cutShort
		}
		c := b[i]
		switch {
		case '0' <= c && c <= '9':
			code = code<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			code = code<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, badEscape
		}
	}
	return code, ""
}

// simpleEscape maps the letter of a two-byte escape to what it stands for.
var simpleEscape = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// unescape appends the text that raw stands for; raw has passed scanner.text.
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			dst = append(dst, simpleEscape[raw[i+1]])
			i += 2
			continue
		}
		code, _ := hex4(raw[i:])
		i += 6
		if 0xD800 <= code && code <= 0xDBFF {
			low, _ := hex4(raw[i:])
			code = 0x10000 + (code-0xD800)<<10 + (low - 0xDC00)
			i += 6
		}
		dst = utf8.AppendRune(dst, code)
	}
	return dst
}
