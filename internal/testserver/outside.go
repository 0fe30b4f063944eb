package testserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// SkippedError says why something did not run: a server cannot be had.
type SkippedError struct{ Reason string }

func (e *SkippedError) Error() string { return "skipped: " + e.Reason }

// Outside runs f with servers outside of a test, for a program that measures
// them, and returns what would have failed the test or skipped it. What f gets
// has the methods that testserver needs and those that report; the others
// panic. Wrap the program's main in Main, so that the servers are stopped.
func Outside(name string, f func(testing.TB)) error {
	o := &outside{name: name}
	done := make(chan struct{})
	go func() { // FailNow ends it like a test
		defer close(done)
		defer o.finish()
		f(o)
	}()
	<-done
	return errors.Join(o.errs...)
}

type outside struct {
	testing.TB // only so that it is one: its methods are private in part
	name       string
	errs       []error
	cleanups   []func()
}

func (o *outside) Helper()                  {}
func (o *outside) Name() string             { return o.name }
func (o *outside) Failed() bool             { return len(o.errs) > 0 }
func (o *outside) Cleanup(f func())         { o.cleanups = append(o.cleanups, f) }
func (o *outside) Context() context.Context { return context.Background() }

func (o *outside) Log(args ...any)                 { say("%s", fmt.Sprint(args...)) }
func (o *outside) Logf(format string, args ...any) { say(format, args...) }

func (o *outside) Error(args ...any) { o.errs = append(o.errs, errors.New(fmt.Sprint(args...))) }
func (o *outside) Errorf(format string, args ...any) {
	o.errs = append(o.errs, fmt.Errorf(format, args...))
}

func (o *outside) FailNow() { runtime.Goexit() }

func (o *outside) Fatal(args ...any) {
	o.Error(args...)
	o.FailNow()
}

func (o *outside) Fatalf(format string, args ...any) {
	o.Errorf(format, args...)
	o.FailNow()
}

func (o *outside) Skip(args ...any) {
	o.errs = append(o.errs, &SkippedError{fmt.Sprint(args...)})
	o.FailNow()
}

func (o *outside) Skipf(format string, args ...any) { o.Skip(fmt.Sprintf(format, args...)) }

func (o *outside) TempDir() string {
	dir, err := newFolder("temp")
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// finish runs the cleanups, last first, also if one of them fails.
func (o *outside) finish() {
	if len(o.cleanups) == 0 {
		return
	}
	last := o.cleanups[len(o.cleanups)-1]
	o.cleanups = o.cleanups[:len(o.cleanups)-1]
	defer o.finish()
	last()
}
