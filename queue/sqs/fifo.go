package sqs

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	"recibo/queue"
)

// group is the message group of m in a FIFO queue. SQS keeps the order within
// one, and hands out no more of one while some of it is unacked. It is a hash of
// the header recibo-group, if there is one, which is not sent; else of the key:
// copies of one payment keep their order, different ones do not wait for each
// other.
//
// Group ids stand in logs where bodies do not. The hash is keyed with the
// queue, so that a table of the hashes of account numbers is of no use, nor are
// the groups of one queue those of another. Who wants to try all accounts of one
// bank against one queue can: publishers share no secret that they could use,
// and have to agree on the group.
func (p *place) group(m queue.Message) string {
	by := cmp.Or(m.Headers[GroupHeader], m.Key, m.ID)
	key := sha256.Sum256([]byte("recibo message group 1\x00" + p.region + "\x00" + p.account + "\x00" + p.queue))
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(by))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// numbering gives each publication an id of its own. SQS drops a message whose
// deduplication id it has seen within five minutes, so the id must be that of
// one call of Publish: ids of messages may be used again, for other content.
// It makes an attempt that had no answer safe to repeat.
type numbering struct {
	prefix string
	last   atomic.Uint64
}

func newNumbering() *numbering { return &numbering{prefix: rand.Text()} }

func (n *numbering) next() string { return n.prefix + "-" + strconv.FormatUint(n.last.Add(1), 10) }
