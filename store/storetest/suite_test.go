package storetest_test

import (
	"context"
	"flag"
	"os"
	"runtime"
	"sync"
	"testing"

	"recibo/store"
	"recibo/store/storetest"
)

// TestMain keeps rapid from shrinking the failures that are wanted here, and
// from writing them to files.
func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "0s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// probe is a testing.TB that keeps failures to itself.
type probe struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (p *probe) note() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = true
}

func (p *probe) Failed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

func (p *probe) Logf(string, ...any)   {}
func (p *probe) Log(...any)            {}
func (p *probe) Fail()                 { p.note() }
func (p *probe) Error(...any)          { p.note() }
func (p *probe) Errorf(string, ...any) { p.note() }
func (p *probe) FailNow()              { p.note(); runtime.Goexit() }
func (p *probe) Fatal(...any)          { p.FailNow() }
func (p *probe) Fatalf(string, ...any) { p.FailNow() }

// catches reports whether the case fails on the store.
func catches(t *testing.T, c storetest.Case, s store.Store) bool {
	p := &probe{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if recover() != nil {
				p.note() // a case may stumble over what a broken store answers
			}
		}()
		c.Check(p, storetest.Harness{
			Open:   func(testing.TB) store.Store { return s },
			Reopen: func(testing.TB, store.Store) store.Store { return s },
		})
	}()
	<-done
	return p.Failed()
}

func TestSuiteCatchesBrokenStores(t *testing.T) {
	cases := map[string]storetest.Case{}
	for _, c := range storetest.Cases() {
		if _, twice := cases[c.Name]; twice {
			t.Fatalf("two cases are named %q", c.Name)
		}
		cases[c.Name] = c
	}
	caught := map[string]bool{}
	for _, b := range brokenStores {
		t.Run(b.name, func(t *testing.T) {
			c, ok := cases[b.caughtBy]
			if !ok {
				t.Fatalf("there is no case %q", b.caughtBy)
			}
			caught[c.Name] = true
			if !catches(t, c, b.open()) {
				t.Errorf("%q let it pass", c.Name)
			}
			if catches(t, c, storetest.NewMemory()) {
				t.Errorf("%q fails on a good store too", c.Name)
			}
		})
	}
	for name := range cases {
		if !caught[name] && name != "limits are usable" {
			t.Errorf("no broken store shows that %q can fail", name)
		}
	}
}

// broken is a Memory of which some methods are replaced. Nil ones are not.
type broken struct {
	*storetest.Memory
	tx     func(store.Tx) store.Tx
	reader func(store.Reader) store.Reader
	update func(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error
}

func (b *broken) Reader() store.Reader {
	if b.reader == nil {
		return b.Memory.Reader()
	}
	whole := b.Memory.Reader()
	return completeReader(b.reader(whole), whole)
}

func (b *broken) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if b.update != nil {
		return b.update(b, ctx, fn)
	}
	return b.Memory.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if b.tx != nil {
			tx = complete(b.tx(tx), tx)
		}
		return fn(ctx, tx)
	})
}
