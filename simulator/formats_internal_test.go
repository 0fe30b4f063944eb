package simulator

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The numbers come from outside of this program.
func TestKnownNumbers(t *testing.T) {
	if r := mod97([]byte("00360305000010009795493C1"), []byte("BR18")); r != 1 {
		t.Errorf("BR1800360305000010009795493C1: remainder %d", r)
	}
	if r := mod97([]byte("60701190011700000147266C1"), []byte("BR38")); r == 1 {
		t.Error("the wrong digits BR38 pass")
	}
	for _, number := range []string{"24843803480"} {
		checkDigits(t, number, 9, 12)
	}
	for _, number := range []string{"26637142000158", "12ABC34501DE35"} {
		checkDigits(t, number, 12, 9)
	}
}

// checkDigits computes the last two characters again.
func checkDigits(t rapid.TB, number string, plain, most int) {
	t.Helper()
	b := []byte(number[:plain])
	b = append(b, checkMod11(b, most))
	b = append(b, checkMod11(b, most))
	if string(b) != number {
		t.Errorf("%s: computed %s", number, b)
	}
}

// TestBoletoSample is the sample that Banco do Brasil's manuals print.
func TestBoletoSample(t *testing.T) {
	code := [44]byte([]byte("00193373700000001000500940144816060680935031"))
	if c := barcodeCheck(code[:]); c != code[4] {
		t.Errorf("check digit %c", c)
	}
	if line := string(typedLine(code)); line != "00190500954014481606906809350314337370000000100" {
		t.Errorf("typed line %s", line)
	}
}

func TestDueFactor(t *testing.T) {
	for text, want := range map[string]uint64{
		"1999-01-01": 0, "2000-07-03": 1000, "2025-02-21": 9999, "2025-02-22": 1000, "2025-02-23": 1001, "2049-10-14": 1000,
	} {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := dueFactor(day); got != want {
			t.Errorf("%s: factor %d, want %d", text, got, want)
		}
	}
}

func TestTaxNumbers(t *testing.T) {
	r := newRandom(7, 7)
	letters := false
	for range 20_000 {
		cpf := string(appendCPF(nil, r))
		checkDigits(t, cpf, 9, 12)
		if allEqual([]byte(cpf)) {
			t.Fatal(cpf)
		}
		cnpj := string(appendCNPJ(nil, r))
		checkDigits(t, cnpj, 12, 9)
		letters = letters || cnpj[0] > '9'
	}
	if !letters {
		t.Error("no CNPJ has letters")
	}
}

func TestScrambledNumbersAreDistinct(t *testing.T) {
	s := ids{key: 42}
	seen := map[uint64]bool{}
	for n := range uint64(200_000) {
		seen[s.scramble(n)] = true
	}
	if len(seen) != 200_000 {
		t.Errorf("%d numbers", len(seen))
	}
	all := string(appendBase62(nil, 1<<64-1))
	if len(all) != 11 || all == string(appendBase62(nil, 1<<64-2)) {
		t.Errorf("the highest number is written %s", all)
	}
}

func TestUUIDCarriesItsNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		high, low := rapid.Uint64().Draw(t, "high"), rapid.Uint64().Draw(t, "low")
		u := string(appendUUID(nil, high, low))
		if len(u) != 36 || u[14] != '4' || u[19] < '8' || (u[19] > '9' && u[19] != 'a' && u[19] != 'b') {
			t.Fatal(u)
		}
		other := string(appendUUID(nil, high, low^1<<rapid.IntRange(0, 63).Draw(t, "bit")))
		if other == u {
			t.Fatal("two numbers, one UUID")
		}
	})
}

func TestSkewed(t *testing.T) {
	r := newRandom(1, 1)
	first := 0
	for range 10_000 {
		n := r.skewed(800)
		if n < 0 || n >= 800 {
			t.Fatal(n)
		}
		if n < 100 {
			first++
		}
	}
	if first < 4800 || first > 5200 {
		t.Errorf("%d of 10,000 in the first eighth", first)
	}
}

func TestCurvesRise(t *testing.T) {
	for i, c := range []curve{gaps, pixAmounts, boletoAmounts, tedAmounts, cardAmounts, walletAmounts} {
		if c[0].millionths != 0 || c[len(c)-1].millionths != 1_000_000 {
			t.Errorf("curve %d does not go from 0 to 1", i)
		}
		for n := 1; n < len(c); n++ {
			if c[n].millionths <= c[n-1].millionths || c[n].value < c[n-1].value {
				t.Errorf("curve %d falls at %d", i, n)
			}
		}
	}
}

// TestRhythm lets a day pass: the mean gap is as said, and the night is quiet.
func TestRhythm(t *testing.T) {
	r := newRandom(3, 3)
	start := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	var perHour [24]int
	count := 0
	for at := start; at.Before(start.Add(24 * time.Hour)); at = after(r, at) {
		perHour[at.In(saoPaulo).Hour()]++
		count++
	}
	if mean := 24 * 3600 * 1000 / count; mean < 37 || mean > 43 {
		t.Errorf("mean gap %d ms", mean)
	}
	if perHour[3]*8 > perHour[12] {
		t.Errorf("%d payments at three in the morning, %d at noon", perHour[3], perHour[12])
	}
}
