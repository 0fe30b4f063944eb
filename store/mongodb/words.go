package mongodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"recibo/store"
)

// shorten says an error once, and without values: the driver repeats it for
// each layer and each server, and servers show the value that they refuse.
func shorten(err error) error { return store.Shorten(err, causes(err), words) }

// causes are the errors of the servers that were tried, where none was found
// to be the right one, else the error itself.
func causes(err error) []error {
	selection, ok := errors.AsType[topology.ServerSelectionError](err)
	if !ok {
		return []error{err}
	}
	var all []error
	for _, s := range selection.Desc.Servers {
		if s.LastError != nil {
			all = append(all, s.LastError)
		}
	}
	if all == nil {
		return []error{errors.New("no server is the primary")}
	}
	return all
}

func words(err error) string {
	if e, ok := firstWriteError(err); ok {
		return fmt.Sprintf("%s (%d)", refusal(e), e.Code)
	}
	if e, ok := serverWords(err); ok {
		return e
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("no address of host %s: %s", e.Name, e.Err)
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, mongo.ErrClientDisconnected):
		return "the store is closed"
	case mongo.IsTimeout(err), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, net.ErrClosed), mongo.IsNetworkError(err) && strings.Contains(err.Error(), "closed"):
		return "the server closed the connection"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err.Error()
	}
	return store.Innermost(err).Error()
}

// serverWords is what the server said to a command as a whole.
func serverWords(err error) (string, bool) {
	if e, ok := errors.AsType[mongo.CommandError](err); ok && e.Code != 0 {
		return fmt.Sprintf("%s (%s %d)", cutValues(e.Message), e.Name, e.Code), true
	}
	if code, message, name, ok := driverError(err); ok {
		return fmt.Sprintf("%s (%s %d)", cutValues(message), name, code), true
	}
	if e := writeConcernError(err); e != nil {
		return fmt.Sprintf("%s (%s %d)", cutValues(e.Message), e.Name, e.Code), true
	}
	return "", false
}

// cutValues drops the key from a message about a duplicate one.
func cutValues(message string) string {
	message, _, _ = strings.Cut(message, " dup key:")
	return message
}
