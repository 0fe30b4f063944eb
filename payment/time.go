package payment

import "time"

// ParseTime reads an RFC 3339 time, section 5.6, and returns it normalised. A
// time without an offset is refused, unless assumed names the zone it was
// written in; then the second result is true. Leap seconds are refused: no
// store keeps them.
func ParseTime(text string, assumed *time.Location) (time.Time, bool, *Fault) {
	fault := func(code Code, hint string) (time.Time, bool, *Fault) {
		return time.Time{}, false, &Fault{Field: FieldOccurredAt, Code: code, Value: text, Hint: hint}
	}
	const example = "write it as 2026-11-23T14:15:03.123-03:00"
	if text == "" {
		return fault(CodeEmpty, example)
	}
	c, rest, ok := readClock(text)
	if !ok {
		return fault(CodeNotRFC3339, example)
	}
	offset, valid := readOffset(rest)
	switch {
	case rest == "" && assumed == nil:
		return fault(CodeNoOffset, "add the offset, for example -03:00 or Z")
	case rest != "" && !valid:
		return fault(CodeNotRFC3339, example)
	}
	t := c.in(time.UTC)
	if c.month < 1 || c.month > 12 || t.Day() != c.day || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return fault(CodeBadDate, "there is no such day or time")
	}
	if rest == "" {
		t = c.in(assumed)
	}
	t = t.Add(-offset)
	t = Normalize(t)
	if !inYears(t) {
		return fault(CodeOutOfRange, "use the years 2000 to 2099")
	}
	return t, rest == "", nil
}

type clock struct{ year, month, day, hour, minute, second, nano int }

func (c clock) in(zone *time.Location) time.Time {
	return time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.nano, zone)
}

// readClock reads 2026-11-23T14:15:03 and an optional fraction, and returns
// what follows. The grammar's T may be in lower case.
func readClock(s string) (c clock, rest string, ok bool) {
	const shape = "dddd-dd-ddTdd:dd:dd"
	if len(s) < len(shape) {
		return c, "", false
	}
	for i := range len(shape) {
		switch shape[i] {
		case 'd':
			if s[i] < '0' || s[i] > '9' {
				return c, "", false
			}
		case 'T':
			if s[i] != 'T' && s[i] != 't' {
				return c, "", false
			}
		default:
			if s[i] != shape[i] {
				return c, "", false
			}
		}
	}
	c = clock{
		year: 100*two(s[0:]) + two(s[2:]), month: two(s[5:]), day: two(s[8:]),
		hour: two(s[11:]), minute: two(s[14:]), second: two(s[17:]),
	}
	rest = s[len(shape):]
	if rest == "" || rest[0] != '.' {
		return c, rest, true
	}
	digits := 1
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	if digits == 1 {
		return c, "", false
	}
	for i := 1; i <= 9; i++ {
		c.nano *= 10
		if i < digits {
			c.nano += int(rest[i] - '0')
		}
	}
	return c, rest[digits:], true
}

func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// readOffset reads Z or ±hh:mm and returns how far east of UTC that is.
func readOffset(s string) (east time.Duration, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' || !isDigits(s[1:3]) || !isDigits(s[4:6]) {
		return 0, false
	}
	hours, minutes := two(s[1:]), two(s[4:])
	if hours > 23 || minutes > 59 {
		return 0, false
	}
	east = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		east = -east
	}
	return east, true
}
