package queuetest

import (
	"bytes"
	"maps"
	"strings"

	"recibo/queue"
)

func contentCases() []testCase {
	return []testCase{
		{name: "bytes come back identical", check: checkIdentical},
		{name: "large bodies come back identical", check: checkLarge},
		{name: "headers come back identical", check: checkHeaders},
		{name: "deliveries say where they come from", check: checkPosition},
		{name: "one id published twice is delivered twice", check: checkSameID},
		{name: "one content published twice is delivered twice", check: checkSameContent},
		{name: "order is kept", check: checkOrder, skip: func(h Harness) string { return h.Traits.Unordered }},
	}
}

func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func checkIdentical(p *probe) {
	p.roundTrip([]queue.Message{
		{ID: "plain", Key: "k", Body: []byte(`{"amount":"150.75"}`)},
		{ID: "binary", Key: "chave ação", Body: everyByte()},
		{ID: "one byte", Body: []byte{0}},
		{ID: "line ends", Key: "k", Body: []byte("\r\n\r\n{}\n ")},
		{ID: "not UTF-8", Key: "k", Body: []byte{0xff, 0xfe, '{', '}'}},
	})
}

func checkLarge(p *probe) {
	size := 256 << 10
	if most := p.traits.MaxBodyBytes; most > 0 {
		size = min(size, most*9/10)
	}
	p.roundTrip([]queue.Message{
		{ID: "large", Key: "k", Body: bytes.Repeat([]byte("0123456789abcdef"), size/16)},
		{ID: "large binary", Key: "k", Body: bytes.Repeat(everyByte(), size/512)},
	})
}

func checkHeaders(p *probe) {
	p.roundTrip([]queue.Message{
		{ID: "none", Key: "k", Body: []byte("1")},
		{ID: "some", Key: "k", Body: []byte("2"), Headers: map[string]string{
			"recibo-redrive-of": "0f3a/2", "Origem": "ação, ✓ e vírgula; \"aspas\"", "long": strings.Repeat("x", 2000),
		}},
	})
}

// roundTrip fails unless all messages come back as they were published.
func (p *probe) roundTrip(ms []queue.Message) {
	b := p.broker()
	p.publish(b, ms)
	s := p.source(b, 100)
	got := p.receive(s, len(ms))
	p.each(ms, got)
	byID := map[string]queue.Delivery{}
	for _, d := range got {
		byID[d.ID] = d
	}
	for _, m := range ms {
		d := byID[m.ID]
		switch {
		case d.Key != m.Key:
			p.failf("message %q: key %q, want %q", m.ID, d.Key, m.Key)
		case !bytes.Equal(d.Body, m.Body):
			p.failf("message %q: body of %d bytes differs from the %d published", m.ID, len(d.Body), len(m.Body))
		case !maps.Equal(d.Headers, m.Headers):
			p.failf("message %q: headers %q, want %q", m.ID, d.Headers, m.Headers)
		}
	}
	p.ack(s, got)
}

func checkPosition(p *probe) {
	b := p.broker()
	p.publish(b, messages(3))
	seen := map[string]bool{}
	for _, d := range p.receive(p.source(b, 100), 3) {
		if d.Position == "" || seen[d.Position] {
			p.failf("position %q is empty or was given before", d.Position)
		}
		seen[d.Position] = true
	}
}

// checkSameID: rule 12 of the design. A broker that deduplicates would eat a
// conflict.
func checkSameID(p *probe) {
	b := p.broker()
	p.publish(b, []queue.Message{{ID: "same", Key: "k", Body: []byte("one")}})
	p.publish(b, []queue.Message{{ID: "same", Key: "k", Body: []byte("two")}, {ID: "same", Key: "k", Body: []byte("three")}})
	bodies := map[string]bool{}
	for _, d := range p.receive(p.source(b, 100), 3) {
		bodies[string(d.Body)] = true
	}
	if len(bodies) != 3 {
		p.failf("received the bodies %v, want one, two and three", bodies)
	}
}

func checkSameContent(p *probe) {
	b := p.broker()
	same := []byte(`{"transaction_id":"T1"}`)
	p.publish(b, []queue.Message{{ID: "a", Key: "T1", Body: same}, {ID: "b", Key: "T1", Body: same}})
	p.publish(b, []queue.Message{{ID: "c", Key: "T1", Body: same}})
	p.each([]queue.Message{{ID: "a"}, {ID: "b"}, {ID: "c"}}, p.receive(p.source(b, 100), 3))
}

func checkOrder(p *probe) {
	b := p.broker()
	ms := messages(1500)
	p.publish(b, ms[:400])
	p.publish(b, ms[400:])
	s := p.source(b, 500)
	for next := 0; next < len(ms); {
		ds := p.receive(s, 100)
		for _, d := range ds {
			if d.ID != ms[next].ID {
				p.failf("message %s came where %s was due", d.ID, ms[next].ID)
			}
			next++
		}
		p.ack(s, ds)
	}
}
