package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"recibo/store"
)

// What nobody classified is an outage: data is never blamed by default.
func TestClassOf(t *testing.T) {
	data := &store.Error{Class: store.ClassData, Op: "record 1 payments", Err: errOwn}
	for _, test := range []struct {
		err  error
		want store.Class
	}{
		{errOwn, store.ClassOutage},
		{nil, store.ClassOutage},
		{data, store.ClassData},
		{fmt.Errorf("update: %w", data), store.ClassData},
		{&store.Error{Class: store.ClassTransient, Op: "commit", Err: data}, store.ClassTransient},
	} {
		if got := store.ClassOf(test.err); got != test.want {
			t.Errorf("%v is %v, want %v", test.err, got, test.want)
		}
	}
	if !errors.Is(data, errOwn) || data.Error() != "record 1 payments: no such entry" {
		t.Errorf("%v does not say what was done and why it failed", data)
	}
}

func TestConfigErrorCarriesItsHint(t *testing.T) {
	err := error(&store.ConfigError{Target: "sqlite:x", Tip: "give another file", Err: errOwn})
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || hinted.Hint() != "give another file" || err.Error() != "store sqlite:x: no such entry" {
		t.Errorf("%v", err)
	}
}

func TestCursorComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "key")
		got, err := store.DecodeCursor(store.EncodeCursor(key...), len(key))
		if err != nil || !slices.Equal(got, key) {
			t.Fatalf("%q came back as %q (%v)", key, got, err)
		}
		if _, err := store.DecodeCursor(store.EncodeCursor(key...), len(key)+1); !errors.Is(err, store.ErrBadCursor) {
			t.Fatalf("a cursor of another list gives %v", err)
		}
	})
	for _, bad := range []string{"!", "bm90IGpzb24", "e30"} {
		if _, err := store.DecodeCursor(bad, 1); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("%q gives %v", bad, err)
		}
	}
	if key, err := store.DecodeCursor("", 2); key != nil || err != nil {
		t.Errorf("the empty cursor gives %v, %v", key, err)
	}
}
