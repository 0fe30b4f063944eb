package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"recibo/store"
)

// shorten says an error once, whatever the number of hosts.
func shorten(err error) error {
	return inWords(err, func(e *mysql.MySQLError) string { return fmt.Sprintf("%s (error %d)", messageOf(e), e.Number) })
}

// explain is shorten without the server's codes, where the next step stands
// beside it.
func explain(err error) error { return inWords(err, messageOf) }

func inWords(err error, server func(*mysql.MySQLError) string) error {
	return store.Shorten(err, store.Leaves(err), func(leaf error) string {
		if e, ok := errors.AsType[*mysql.MySQLError](leaf); ok {
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
	case isTimeout(err):
		return "no answer in time"
	case strings.HasSuffix(err.Error(), "EOF"), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed), isLost(err):
		return "the server closed the connection"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err.Error()
	}
	return store.Innermost(err).Error()
}

// isLost is how the driver says that the connection is gone. One of its errors is
// its own.
func isLost(err error) bool {
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) || err.Error() == "bad connection"
}

func isTimeout(err error) bool {
	var timed interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timed) && timed.Timeout()
}

// What the server says may hold values: quoted ones before the name of a column,
// or else before the number of a row, or at the end; and a piece of the statement
// after "near".
var (
	quotedValues = []*regexp.Regexp{
		regexp.MustCompile(`(?s)(?:: | value )'.*'( for (?:column|function) )`),
		regexp.MustCompile(`(?s)(?:: | value )'.*'( at row )`),
		regexp.MustCompile(`(?s)(?:: | value )'.*'()$`),
	}
	statedNear = regexp.MustCompile(`(?s) near '.*`)
)

// messageOf is what the server said, without values.
func messageOf(e *mysql.MySQLError) string {
	message := e.Message
	switch e.Number {
	case erSignal, erAccessDenied, erDBAccessDenied, erTableAccessDenied, erColumnAccessDenied:
		return message
	case erDupEntry, erDupEntryWithKeyName:
		return "Duplicate entry for key '" + keyOf(e) + "'"
	case erParse:
		return statedNear.ReplaceAllString(message, "")
	case erNoPartition, erInvalidCharacters:
		message, _, _ = strings.Cut(message, ": '")
		message, _, _ = strings.Cut(message, " for value ")
		return message
	case erDataOutOfRange: // shows a piece of the statement
		message, _, _ = strings.Cut(message, " in '")
		return message
	}
	for _, quoted := range quotedValues {
		if quoted.MatchString(message) {
			return quoted.ReplaceAllString(message, "$1")
		}
	}
	return message
}
