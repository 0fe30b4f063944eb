package storetest_test

import (
	"testing"

	"recibo/store"
	"recibo/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open:   func(testing.TB) store.Store { return storetest.NewMemory() },
		Reopen: func(_ testing.TB, s store.Store) store.Store { return s },
	})
}
