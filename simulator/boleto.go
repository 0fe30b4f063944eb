package simulator

import "time"

// boletoID makes the number of a boleto that was paid: the 44 digits of its
// barcode, or the 47 that people type. The number of the event stands in the
// part that is the bank's own.
func (s ids) boletoID(n uint64, bank bank, centavos int64, due time.Time, typed bool) string {
	var free [25]byte
	appendDigits(free[:0], 19, 5)
	appendDigits(free[:5], s.scramble(n), 20)
	code := barcode(bank.compe, dueFactor(due), centavos, free)
	if typed {
		return string(typedLine(code))
	}
	return string(code[:])
}

// barcode is bank, currency 9 (real), check digit, due date, amount and the
// bank's own 25 digits.
func barcode(compe string, factor uint64, centavos int64, free [25]byte) (code [44]byte) {
	b := append(code[:0], compe...)
	b = append(b, '9', '0')
	b = appendDigits(b, factor, 4)
	b = appendDigits(b, uint64(centavos), 10)
	b = append(b, free[:]...)
	code[4] = barcodeCheck(b)
	return code
}

// barcodeCheck is the check digit of the 43 others, which is never 0.
func barcodeCheck(code []byte) byte {
	var others [43]byte
	copy(others[:], code[:4])
	copy(others[4:], code[5:])
	if d := checkMod11(others[:], 9); d != '0' {
		return d
	}
	return '1'
}

// typedLine is the barcode as people type it: three fields with a check digit
// each, then the barcode's own, then due date and amount.
func typedLine(code [44]byte) []byte {
	line := make([]byte, 0, 47)
	line = append(line, code[:4]...)
	line = append(line, code[19:24]...)
	line = append(line, checkMod10(line))
	line = append(line, code[24:34]...)
	line = append(line, checkMod10(code[24:34]))
	line = append(line, code[34:44]...)
	line = append(line, checkMod10(code[34:44]))
	line = append(line, code[4])
	return append(line, code[5:19]...)
}

// checkMod10 doubles every other digit from the right and completes the sum of
// all digits to a multiple of ten.
func checkMod10(digits []byte) byte {
	sum, double := 0, true
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			d *= 2
		}
		sum += d/10 + d%10
		double = !double
	}
	return byte('0' + (10-sum%10)%10)
}

// dueFactor counts days since 7 October 1997; after 9999 comes 1000 again, as
// on 22 February 2025. Days before factor 1000 have none.
func dueFactor(due time.Time) uint64 {
	base := time.Date(1997, 10, 7, 0, 0, 0, 0, time.UTC)
	days := int64(due.Sub(base) / (24 * time.Hour))
	if days < 1000 {
		return 0
	}
	return uint64(1000 + (days-1000)%9000)
}
