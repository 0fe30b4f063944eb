package simulator

import "time"

// endToEndID makes the id of a Pix payment: E, the ISPB of the payer's bank,
// the UTC minute and 11 characters of the bank's choice.
func (s ids) endToEndID(n uint64, ispb string, at time.Time) string {
	var scratch [32]byte
	b := append(scratch[:0], 'E')
	b = append(b, ispb...)
	b = appendMinute(b, at)
	return string(appendBase62(b, s.scramble(n)))
}

// appendMinute writes yyyyMMddHHmm in UTC.
func appendMinute(b []byte, at time.Time) []byte {
	at = at.UTC()
	year, month, day := at.Date()
	b = appendDigits(b, uint64(year), 4)
	b = appendDigits(b, uint64(month), 2)
	b = appendDigits(b, uint64(day), 2)
	b = appendDigits(b, uint64(at.Hour()), 2)
	return appendDigits(b, uint64(at.Minute()), 2)
}

// ted makes the id of a bank transfer: TED, the ISPB of the payer's bank, the
// UTC day and 11 characters.
func (s ids) ted(n uint64, ispb string, at time.Time) string {
	var scratch [32]byte
	b := append(scratch[:0], "TED"...)
	b = append(b, ispb...)
	b = appendMinute(b, at)[:len("TEDiiiiiiiiyyyyMMdd")]
	return string(appendBase62(b, s.scramble(n)))
}

// pixKey makes a key under which the holder of an account receives Pix.
func pixKey(r random) string {
	var scratch [64]byte
	b := scratch[:0]
	switch n := r.below(100); {
	case n < 35:
		b = appendCPF(b, r)
	case n < 60:
		b = appendPhone(b, r)
	case n < 80:
		b = appendEmail(b, r)
	default:
		b = appendUUID(b, r.bits(), r.bits())
	}
	return string(b)
}

// appendPhone writes a mobile number with the area code of a large city.
func appendPhone(b []byte, r random) []byte {
	const areas = "111121314151617181919285"
	at := 2 * r.below(len(areas)/2)
	b = append(b, "+55"...)
	b = append(b, areas[at:at+2]...)
	b = append(b, '9')
	return appendDigits(b, r.bits(), 8)
}

var firstNames = [...]string{"maria", "jose", "ana", "joao", "antonia", "francisco", "adriana", "carlos",
	"juliana", "paulo", "marcia", "pedro", "fernanda", "lucas", "patricia", "luiz"}

var lastNames = [...]string{"silva", "santos", "oliveira", "souza", "rodrigues", "ferreira", "alves", "pereira",
	"lima", "gomes", "costa", "ribeiro", "martins", "carvalho", "almeida", "lopes"}

// appendEmail writes an address of a domain that is reserved for examples, so
// that it is nobody's.
func appendEmail(b []byte, r random) []byte {
	b = append(b, firstNames[r.below(len(firstNames))]...)
	b = append(b, '.')
	b = append(b, lastNames[r.below(len(lastNames))]...)
	b = appendDigits(b, r.bits(), 3)
	return append(b, "@example.com"...)
}
