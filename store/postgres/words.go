package postgres

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// shortError is an error of the driver in few words.
type shortError struct {
	words string
	err   error
}

func (e *shortError) Error() string { return e.words }

func (e *shortError) Unwrap() error { return e.err }

// shorten says an error once: pgx names user, database and each address that it
// tried, with and without TLS.
func shorten(err error) error {
	return inWords(err, func(e *pgconn.PgError) string { return fmt.Sprintf("%s (SQLSTATE %s)", messageOf(e), e.Code) })
}

// explain is shorten without the server's codes, where the next step stands
// beside it.
func explain(err error) error { return inWords(err, messageOf) }

func inWords(err error, server func(*pgconn.PgError) string) error {
	var all []string
	for _, leaf := range leaves(err) {
		w := ""
		if e, ok := errors.AsType[*pgconn.PgError](leaf); ok {
			w = server(e)
		} else {
			w = words(leaf)
		}
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return &shortError{strings.Join(all, "; "), err}
}

// leaves are the errors of the addresses that were tried.
func leaves(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			var all []error
			for _, part := range joined.Unwrap() {
				all = append(all, leaves(part)...)
			}
			return all
		}
	}
	return []error{err}
}

func words(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("no address of host %s: %s", e.Name, e.Err)
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case pgconn.Timeout(err) || errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case strings.HasSuffix(err.Error(), "EOF"), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, pgconn.ErrConnClosed):
		return "the server closed the connection"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err.Error()
	}
	return innermost(err).Error()
}

// messageOf is what the server said, without its detail, which holds values, and
// without the value at the end of a message about one.
func messageOf(e *pgconn.PgError) string {
	message := e.Message
	if strings.HasPrefix(e.Code, "22") {
		message, _, _ = strings.Cut(message, `: "`)
	}
	return message
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
