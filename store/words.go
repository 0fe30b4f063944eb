package store

import (
	"errors"
	"slices"
	"strings"
)

// shortError is an error of a driver in few words.
type shortError struct {
	words string
	err   error
}

func (e *shortError) Error() string { return e.words }

func (e *shortError) Unwrap() error { return e.err }

// Shorten returns err in the words for each of its causes, what is the same
// said once: drivers repeat an error for each address that they tried.
func Shorten(err error, causes []error, words func(error) string) error {
	var all []string
	for _, cause := range causes {
		if w := words(cause); !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return &shortError{strings.Join(all, "; "), err}
}

// Leaves returns the errors that err joins, on whatever level; err alone where
// it joins none.
func Leaves(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			var all []error
			for _, part := range joined.Unwrap() {
				all = append(all, Leaves(part)...)
			}
			return all
		}
	}
	return []error{err}
}

// Innermost returns the error that err wraps last, err itself where it wraps none.
func Innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
