package reconcile

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"

	"recibo/ledger"
	"recibo/payment"
)

// sent is one message that was sent, as it travels through the sorters.
type sent struct {
	id      string // transaction_id; empty for what is not a valid event
	message string
	print   payment.Fingerprint
	body    [sha256.Size]byte
	doubt   bool // the broker may not have it: it is never missing
	told    bool // its absence is told by another message of its id
}

func sentOf(l ledger.Line) sent {
	return sent{id: l.TransactionID, message: l.MessageID, print: l.Fingerprint,
		body: l.BodySHA256, doubt: l.InDoubt}
}

// label is what people look for.
func (s *sent) label() string { return cmp.Or(s.id, s.message) }

const (
	flagDoubt = 1 << iota
	flagTold
)

var errCodec = errors.New("a sorted record came back damaged from disk")

func encodeSent(s sent) ([]byte, error) {
	var flags byte
	if s.doubt {
		flags |= flagDoubt
	}
	if s.told {
		flags |= flagTold
	}
	b := make([]byte, 0, 2+2*sha256.Size+len(s.id)+len(s.message))
	b = append(b, flags, byte(len(s.id))) // ids have at most 64 bytes
	b = append(b, s.print[:]...)
	b = append(b, s.body[:]...)
	b = append(b, s.id...)
	return append(b, s.message...), nil
}

func decodeSent(b []byte) (s sent, err error) {
	const head = 2 + 2*sha256.Size
	if len(b) < head || len(b) < head+int(b[1]) {
		return s, errCodec
	}
	s.doubt, s.told = b[0]&flagDoubt != 0, b[0]&flagTold != 0
	copy(s.print[:], b[2:])
	copy(s.body[:], b[2+sha256.Size:])
	s.id = string(b[head : head+int(b[1])])
	s.message = string(b[head+int(b[1]):])
	return s, nil
}

// byID sorts copies of one content together, those that are certain first.
var byID = codec[sent]{encodeSent, decodeSent, func(a, b sent) int {
	return cmp.Or(cmp.Compare(a.id, b.id), bytes.Compare(a.print[:], b.print[:]), compareDoubt(a, b),
		cmp.Compare(a.message, b.message))
}}

var byBody = codec[sent]{encodeSent, decodeSent, func(a, b sent) int {
	return cmp.Or(bytes.Compare(a.body[:], b.body[:]), cmp.Compare(a.message, b.message))
}}

func compareDoubt(a, b sent) int {
	switch {
	case a.doubt == b.doubt:
		return 0
	case b.doubt:
		return -1
	}
	return 1
}
