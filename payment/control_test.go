package payment_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
)

type controlVectors struct {
	Windows []struct{ Name, Source, Producer, From, Until, ID string }
	Sums    []struct {
		Name, Sum    string
		Fingerprints []string
	}
	Totals []struct {
		Name           string
		Events         []string
		Count          int64
		Amounts        map[payment.Currency]string
		FingerprintSum string `json:"fingerprint_sum"`
	}
}

func readControlVectors(t *testing.T) (v controlVectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/control_v1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Windows) == 0 || len(v.Sums) == 0 || len(v.Totals) == 0 {
		t.Fatal("a list of vectors is empty")
	}
	return v
}

// TestWindowIDVectors freezes the ids of windows: databases hold them.
func TestWindowIDVectors(t *testing.T) {
	at := func(text string) time.Time {
		parsed, _, fault := payment.ParseTime(text, nil)
		if fault != nil {
			t.Fatalf("%s: %+v", text, fault)
		}
		return parsed
	}
	for _, v := range readControlVectors(t).Windows {
		w := payment.Window{Source: v.Source, Producer: v.Producer, From: at(v.From), Until: at(v.Until)}
		if got := w.ID(); got != v.ID {
			t.Errorf("%s: %s, want %s", v.Name, got, v.ID)
		}
		w.From = w.From.In(time.FixedZone("", -3*60*60))
		if got := w.ID(); got != v.ID {
			t.Errorf("%s: %s in another zone, want %s", v.Name, got, v.ID)
		}
	}
}

func TestWindowIDTellsWindowsApart(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	base := payment.Window{Source: "a", Producer: "b", From: at, Until: at.Add(time.Minute)}
	seen := map[string]payment.Window{base.ID(): base}
	for _, w := range []payment.Window{
		{Source: "b", Producer: "a", From: base.From, Until: base.Until},
		{Source: "", Producer: "ab", From: base.From, Until: base.Until},
		{Source: "a", Producer: "b", From: base.From, Until: base.Until.Add(time.Millisecond)},
		{Source: "a", Producer: "b", From: base.From.Add(time.Millisecond), Until: base.Until},
	} {
		if other, ok := seen[w.ID()]; ok {
			t.Errorf("%+v and %+v are one", w, other)
		}
		seen[w.ID()] = w
	}
}

func printOf(t testing.TB, digits string) (p payment.Fingerprint) {
	t.Helper()
	if n, err := hex.Decode(p[:], []byte(digits)); err != nil || n != len(p) {
		t.Fatalf("%s: %v", digits, err)
	}
	return p
}

func TestPrintSumVectors(t *testing.T) {
	for _, v := range readControlVectors(t).Sums {
		var sum payment.PrintSum
		for _, digits := range v.Fingerprints {
			sum.Add(printOf(t, digits))
		}
		if sum.String() != v.Sum {
			t.Errorf("%s: %s, want %s", v.Name, sum, v.Sum)
		}
		for _, digits := range v.Fingerprints {
			sum.Minus(payment.PrintSum(printOf(t, digits)))
		}
		if sum != (payment.PrintSum{}) {
			t.Errorf("%s: %s is left when all are taken away", v.Name, sum)
		}
	}
}

var prints = rapid.Map(rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 32, 32), rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 255}), 32, 32)),
	func(b []byte) payment.PrintSum { return payment.PrintSum(b) })

// TestPrintSumIsArithmetic compares with the standard library's numbers.
func TestPrintSumIsArithmetic(t *testing.T) {
	modulus := new(big.Int).Lsh(big.NewInt(1), 256)
	number := func(s payment.PrintSum) *big.Int { return new(big.Int).SetBytes(s[:]) }
	rapid.Check(t, func(t *rapid.T) {
		a, b := prints.Draw(t, "a"), prints.Draw(t, "b")
		sum, rest := a, a
		sum.Plus(b)
		rest.Minus(b)
		want := new(big.Int).Add(number(a), number(b))
		if number(sum).Cmp(want.Mod(want, modulus)) != 0 {
			t.Fatalf("%s + %s = %s", a, b, sum)
		}
		want.Sub(number(a), number(b))
		if number(rest).Cmp(want.Mod(want, modulus)) != 0 {
			t.Fatalf("%s - %s = %s", a, b, rest)
		}
		if rest.Plus(b); rest != a {
			t.Fatalf("%s - %s + it = %s", a, b, rest)
		}
	})
}

// TestControlOrderDoesNotMatter adds the same payments up twice.
func TestControlOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		es := rapid.SliceOfN(events, 0, 20).Draw(t, "events")
		var one, other payment.ControlTotal
		for i := range es {
			one.Add(es[i].Amount, payment.FingerprintOf(&es[i]))
		}
		for _, i := range rapid.Permutation(indexes(len(es))).Draw(t, "order") {
			other.Add(es[i].Amount, payment.FingerprintOf(&es[i]))
		}
		if ds := payment.DiffControl(&one, &other); ds != nil || one.Count != int64(len(es)) {
			t.Fatalf("%d payments: %+v", one.Count, ds)
		}
	})
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestControlTotalVectors(t *testing.T) {
	all := vectors(t)
	for _, v := range readControlVectors(t).Totals {
		var c payment.ControlTotal
		for _, name := range v.Events {
			i := slices.IndexFunc(all, func(e vector) bool { return e.Name == name })
			e := all[i].event(t)
			c.Add(e.Amount, payment.FingerprintOf(&e))
		}
		amounts := map[payment.Currency]string{}
		for currency, total := range c.Amounts {
			amounts[currency] = total.Decimal(currency)
		}
		if c.Count != v.Count || c.Prints.String() != v.FingerprintSum || !cmp.Equal(amounts, v.Amounts) {
			t.Errorf("%s: %d, %s, %v, want %+v", v.Name, c.Count, c.Prints, amounts, v)
		}
	}
}

func TestDiffControl(t *testing.T) {
	base := func() payment.ControlTotal {
		var c payment.ControlTotal
		c.Add(payment.Money{Minor: 45125, Currency: "BRL"}, payment.Fingerprint{31: 1})
		c.Add(payment.Money{Minor: 7, Currency: "JPY"}, payment.Fingerprint{31: 2})
		return c
	}
	zeros := string(bytes.Repeat([]byte("0"), 63))
	for name, test := range map[string]struct {
		change func(*payment.ControlTotal)
		want   []payment.Difference
	}{
		"nothing":  {func(*payment.ControlTotal) {}, nil},
		"producer": {func(c *payment.ControlTotal) { c.Producer = "another" }, nil},
		"count":    {func(c *payment.ControlTotal) { c.Count = 3 }, []payment.Difference{{Field: "count", Recorded: "2", Arrived: "3"}}},
		"prints": {func(c *payment.ControlTotal) { c.Prints[31]++ },
			[]payment.Difference{{Field: "fingerprint_sum", Recorded: zeros + "3", Arrived: zeros + "4"}}},
		"another payment": {func(c *payment.ControlTotal) {
			c.Add(payment.Money{Minor: 1, Currency: "BRL"}, payment.Fingerprint{31: 5})
		}, []payment.Difference{{Field: "count", Recorded: "2", Arrived: "3"}, {Field: "amounts.BRL", Recorded: "451.25", Arrived: "451.26"},
			{Field: "fingerprint_sum", Recorded: zeros + "3", Arrived: zeros + "8"}}},
		"a currency more": {func(c *payment.ControlTotal) {
			c.Amounts["CLF"] = payment.Total{}.Add(payment.Money{Minor: 1, Currency: "CLF"})
		},
			[]payment.Difference{{Field: "amounts.CLF", Recorded: "", Arrived: "0.0001"}}},
		"a currency less": {func(c *payment.ControlTotal) { delete(c.Amounts, "JPY") },
			[]payment.Difference{{Field: "amounts.JPY", Recorded: "7", Arrived: ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			recorded, arrived := base(), base()
			test.change(&arrived)
			if diff := cmp.Diff(test.want, payment.DiffControl(&recorded, &arrived)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
