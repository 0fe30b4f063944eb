package postgres

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"recibo/store"
)

// shorten says an error once: pgx names user, database and each address that it
// tried, with and without TLS.
func shorten(err error) error {
	return inWords(err, func(e *pgconn.PgError) string { return fmt.Sprintf("%s (SQLSTATE %s)", messageOf(e), e.Code) })
}

// explain is shorten without the server's codes, where the next step stands
// beside it.
func explain(err error) error { return inWords(err, messageOf) }

func inWords(err error, server func(*pgconn.PgError) string) error {
	return store.Shorten(err, store.Leaves(err), func(leaf error) string {
		if e, ok := errors.AsType[*pgconn.PgError](leaf); ok {
			return server(e)
		}
		return words(leaf)
	})
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
	return store.Innermost(err).Error()
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
