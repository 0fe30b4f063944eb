package simulator

// iban makes an account number of the given bank: BR, two check digits, ISPB,
// branch, account, its type (C current, P savings) and the first holder.
func iban(r random, b bank) string {
	out := append(make([]byte, 0, 29), "BR00"...)
	out = append(out, b.ispb...)
	out = appendDigits(out, uint64(1+r.below(9999)), 5)
	out = appendDigits(out, uint64(1000+r.below(99_999_999)), 10)
	out = append(out, "CCCCP"[r.below(5)], '1')
	check := 98 - mod97(out[4:], out[:4])
	appendDigits(out[:2], uint64(check), 2)
	return string(out)
}

// mod97 is the remainder of ISO 7064 for the characters of both parts, letters
// counting 10 to 35.
func mod97(parts ...[]byte) int {
	remainder := 0
	for _, part := range parts {
		for _, c := range part {
			if c >= 'A' {
				remainder = (remainder*100 + int(c-'A') + 10) % 97
			} else {
				remainder = (remainder*10 + int(c-'0')) % 97
			}
		}
	}
	return remainder
}
