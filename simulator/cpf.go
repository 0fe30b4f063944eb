package simulator

// appendCPF writes the 11 digits of a person's tax number.
func appendCPF(b []byte, r random) []byte {
	start := len(b)
	b = appendDigits(b, uint64(1+r.below(999_999_998)), 9)
	for len(b)-start < 11 {
		b = append(b, checkMod11(b[start:], 12))
	}
	if b[start] == b[start+1] && allEqual(b[start:]) {
		return appendCPF(b[:start], r) // 111.111.111-11 and its like belong to nobody
	}
	return b
}

// appendCNPJ writes the 14 characters of a company's tax number. Since July
// 2026 the first 12 may be letters.
func appendCNPJ(b []byte, r random) []byte {
	start := len(b)
	b = appendDigits(b, uint64(1+r.below(99_999_998)), 8)
	b = append(b, "0001"...)
	if r.below(10) == 0 {
		for range 3 {
			b[start+r.below(8)] = byte('A' + r.below(26))
		}
	}
	for len(b)-start < 14 {
		b = append(b, checkMod11(b[start:], 9))
	}
	return b
}

// checkMod11 computes a check digit with the weights 2, 3, … up to most, and
// from 2 again, from right to left.
func checkMod11(digits []byte, most int) byte {
	sum, weight := 0, 2
	for i := len(digits) - 1; i >= 0; i-- {
		sum += int(digits[i]-'0') * weight
		if weight++; weight > most {
			weight = 2
		}
	}
	if rest := sum % 11; rest >= 2 {
		return byte('0' + 11 - rest)
	}
	return '0'
}

func allEqual(digits []byte) bool {
	for _, d := range digits {
		if d != digits[0] {
			return false
		}
	}
	return true
}
