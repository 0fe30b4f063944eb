package testserver

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"testing"
	"time"
)

// The little of Kafka's protocol that a start and a user take: its own tools
// take seconds each, and its drivers belong to the adapter.
const (
	metadataKey      = 3
	describeSCRAMKey = 50
	alterSCRAMKey    = 51
)

// askKafka asks which brokers there are. It answers before there is one.
func askKafka(ctx context.Context, addr string) error {
	var none [4]byte // topics
	answer, err := callKafka(ctx, addr, metadataKey, 1, false, none[:])
	if err != nil {
		return err
	}
	if len(answer) < 4 || binary.BigEndian.Uint32(answer) == 0 {
		return errors.New("it knows no broker yet")
	}
	return nil
}

// callKafka makes one request on a connection of its own. Flexible requests
// have tagged fields in their header.
func callKafka(ctx context.Context, addr string, key, version int16, flexible bool, body []byte) ([]byte, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	request := make([]byte, 4)
	request = binary.BigEndian.AppendUint16(request, uint16(key))
	request = binary.BigEndian.AppendUint16(request, uint16(version))
	request = binary.BigEndian.AppendUint32(request, 1)      // correlation
	request = binary.BigEndian.AppendUint16(request, 0xffff) // no client id
	header := 4
	if flexible {
		request = append(request, 0)
		header++
	}
	request = append(request, body...)
	binary.BigEndian.PutUint32(request, uint32(len(request)-4))
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	answer := make([]byte, min(binary.BigEndian.Uint32(size[:]), 1<<20))
	if _, err := io.ReadFull(c, answer); err != nil {
		return nil, err
	}
	if len(answer) < header {
		return nil, errors.New("short answer")
	}
	return answer[header:], nil
}

// User makes an account with Password that may log in by SCRAM-SHA-256 and 512,
// and returns its name: the one given, made unique.
func (s *KafkaServer) User(t testing.TB, name string) string {
	t.Helper()
	name = unique(name)
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	if err := s.makeUser(ctx, name); err != nil {
		t.Fatalf("user %s: %v", name, err)
	}
	return name
}

const scramIterations = 4096

// makeUser makes one request for each mechanism: it may not name a user twice.
func (s *KafkaServer) makeUser(ctx context.Context, name string) error {
	for mechanism, algorithm := range []func() hash.Hash{sha256.New, sha512.New} {
		if err := s.setPassword(ctx, name, byte(mechanism+1), algorithm); err != nil {
			return err
		}
	}
	return s.awaitUser(ctx, name)
}

func (s *KafkaServer) setPassword(ctx context.Context, name string, mechanism byte, algorithm func() hash.Hash) error {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	salted, err := pbkdf2.Key(algorithm, Password, salt, scramIterations, algorithm().Size())
	if err != nil {
		return err
	}
	body := []byte{1, 1 + 1} // nothing to delete, one to make: lengths are one more
	body = append(compactBytes(body, []byte(name)), mechanism)
	body = binary.BigEndian.AppendUint32(body, scramIterations)
	body = append(compactBytes(compactBytes(body, salt), salted), 0, 0)
	answer, err := callKafka(ctx, s.addr, alterSCRAMKey, 0, true, body)
	if err != nil {
		return err
	}
	// Throttle time, one result: name, error.
	at := 4 + 1 + 1 + len(name)
	if len(answer) < at+2 {
		return errors.New("short answer")
	}
	if code := binary.BigEndian.Uint16(answer[at:]); code != 0 {
		return fmt.Errorf("error %d", code)
	}
	return nil
}

// awaitUser waits until the broker has heard of it from its controller.
func (s *KafkaServer) awaitUser(ctx context.Context, name string) error {
	body := append(compactBytes([]byte{1 + 1}, []byte(name)), 0, 0)
	for {
		answer, err := callKafka(ctx, s.addr, describeSCRAMKey, 0, true, body)
		if err != nil {
			return err
		}
		// Throttle time, error, message (none), one result: name, error.
		at := 4 + 2 + 1 + 1 + 1 + len(name)
		if len(answer) >= at+2 && binary.BigEndian.Uint16(answer[at:]) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// compactBytes appends a short text or bytes with its length.
func compactBytes(to, what []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(what)+1)), what...)
}
