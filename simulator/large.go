package simulator

import (
	"recibo/ledger"
	"recibo/queue"
)

// Sizes of what is too large, in bytes. The limit is 64 KiB.
const (
	leastLarge = 65 << 10
	mostLarge  = 80 << 10
)

// tooLarge makes an event that somebody attached the receipt to.
func (g *Generator) tooLarge() *Message {
	r := g.events.random
	e, serial := g.plain()
	body := dialects[dialectOf(e.Source)].encode(r, e, serial)
	body = append(body[:len(body)-1], `,"comprovante":"`...)
	for size := leastLarge + r.below(mostLarge-leastLarge-32); len(body) < size; {
		body = appendBase62(body, r.bits())
	}
	return &Message{Message: queue.Message{Body: append(body, `"}`...)}, Kind: ledger.TooLarge}
}
