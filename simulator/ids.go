package simulator

// ids makes transaction ids. Each carries the scrambled number of its event,
// so that no two of one seed are equal, and ids of two seeds hardly ever.
type ids struct{ key uint64 }

// scramble maps numbers one to one onto numbers that look random: each step
// can be undone.
func (s ids) scramble(n uint64) uint64 {
	n ^= s.key
	n *= 0x9e3779b97f4a7c15
	n ^= n >> 32
	n *= 0xd6e8feb86659fd93
	n ^= n >> 29
	return n
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// appendBase62 writes n with 11 characters, enough for every uint64.
func appendBase62(b []byte, n uint64) []byte {
	var digits [11]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = base62[n%62]
		n /= 62
	}
	return append(b, digits[:]...)
}

// appendDigits writes n with exactly width digits, the lowest ones.
func appendDigits(b []byte, n uint64, width int) []byte {
	start := len(b)
	for range width {
		b = append(b, '0')
	}
	for i := len(b) - 1; i >= start; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// appendUUID writes a version 4 UUID from 60 bits of high, of which it keeps
// the lowest 58, and all bits of low.
func appendUUID(b []byte, high, low uint64) []byte {
	const hex = "0123456789abcdef"
	nibbles := func(v uint64, count int) {
		for i := count - 1; i >= 0; i-- {
			b = append(b, hex[v>>(4*i)&15])
		}
	}
	nibbles(low>>32, 8)
	b = append(b, '-')
	nibbles(high, 4)
	b = append(b, '-', '4')
	nibbles(high>>16, 3)
	b = append(b, '-', hex[8|high>>28&3])
	nibbles(high>>30, 3)
	b = append(b, '-')
	nibbles(high>>42, 4)
	nibbles(low, 8)
	return b
}

// card makes the id of a card payment as acquirers write it.
func (s ids) card(n uint64) string { return string(appendBase62([]byte("card_"), s.scramble(n))) }

// wallet makes the id of a payment between wallets.
func (s ids) wallet(n, noise uint64) string { return string(appendUUID(nil, noise, s.scramble(n))) }
