package quarantine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
)

func TestFields(t *testing.T) {
	faults := payment.Faults{{Field: "amount", Code: payment.CodeComma, Value: "1,5", Hint: "use a point"}, {Field: "method", Code: payment.CodeEmpty}}
	want := []quarantine.FieldError{{Field: "amount", Code: "comma", Value: "1,5", Hint: "use a point"}, {Field: "method", Code: "empty"}}
	if diff := cmp.Diff(want, quarantine.FaultFields(faults)); diff != "" {
		t.Error(diff)
	}
	ds := []payment.Difference{{Field: "amount", Recorded: "1.00", Arrived: "2.00"}, {Field: "method", Recorded: "pix", Arrived: "ted"}}
	want = []quarantine.FieldError{{Field: "amount", Code: "differs", Value: "2.00", Recorded: "1.00"}, {Field: "method", Code: "differs", Value: "ted", Recorded: "pix"}}
	if diff := cmp.Diff(want, quarantine.DifferenceFields(ds)); diff != "" {
		t.Error(diff)
	}
	if quarantine.FaultFields(nil) != nil || quarantine.DifferenceFields(nil) != nil {
		t.Error("nothing wrong is some fields")
	}
	for isControl, want := range map[bool]string{
		false: "this transaction_id is recorded with another amount, method", true: "this window's control total is recorded with another amount, method",
	} {
		if got := quarantine.ConflictDetail(isControl, ds); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
