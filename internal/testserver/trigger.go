package testserver

import "bytes"

// When says how much of what set a Trigger off still passes.
type When int

const (
	// Before: the pattern does not pass. Of one that comes in pieces the
	// beginning may, never the whole. Counted bytes pass.
	Before When = iota
	// After: the chunk with the pattern passes, then the connection is reset.
	// The server may or may not get to handle it.
	After
	// AfterReply: everything passes until the other side answers; the answer is
	// swallowed and the connection reset. So the other side has handled it, and
	// this one does not know.
	AfterReply
)

// Trigger says when a Proxy resets a connection by itself.
type Trigger struct {
	// Direction is where to look: ToServer, ToClient or Both.
	Direction Direction
	// Pattern strikes when these bytes pass, in one chunk or across several.
	Pattern []byte
	// Bytes strikes, without a Pattern, after so many bytes of one connection
	// in this direction, counted from arming.
	Bytes int64
	// Skip lets so many matches of Pattern pass first, on all connections
	// together.
	Skip int
	When When
	// Reply is what AfterReply waits for in the answer; what comes before it
	// passes. Without it the first bytes will do, which is right only if no
	// answer to an earlier request can be on its way.
	Reply []byte
}

// CutWhen arms a trigger. When it strikes, that one connection is reset, and
// then the returned channel is closed. It strikes once.
func (p *Proxy) CutWhen(t Trigger) <-chan struct{} {
	a := &armed{Trigger: t, struck: make(chan struct{}), seen: map[way]*scan{}}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, a)
	return a.struck
}

// armed is a trigger that has not struck.
type armed struct {
	Trigger
	struck   chan struct{}
	seen     map[way]*scan
	awaiting way // where the answer comes from, once the pattern has passed
	reply    scan
}

// way is one direction of one connection.
type way struct {
	link      *link
	direction Direction
}

// scan is what has passed one way.
type scan struct {
	bytes int64
	tail  []byte // the last ones, in which a pattern may have begun
}

// inspect shows a chunk to all triggers and says how many bytes of it may
// pass, and which triggers have struck.
func (p *Proxy) inspect(k *link, d Direction, chunk []byte) (pass int, struck []*armed) {
	pass = len(chunk)
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []*armed
	for _, a := range p.armed {
		n, hit := a.see(way{k, d}, chunk)
		if hit {
			pass, struck = min(pass, n), append(struck, a)
		} else {
			rest = append(rest, a)
		}
	}
	p.armed = rest
	return pass, struck
}

// see looks at a chunk. On a strike, pass bytes of it are still to be sent.
func (a *armed) see(w way, chunk []byte) (pass int, strike bool) {
	switch {
	case a.awaiting == w && len(a.Reply) == 0:
		return 0, true
	case a.awaiting == w:
		start, _, found := a.reply.find(a.Reply, chunk)
		return start, found
	case a.awaiting != way{} || a.Direction&w.direction == 0:
		return 0, false
	}
	s := a.seen[w]
	if s == nil {
		s = &scan{}
		a.seen[w] = s
	}
	start, found := a.match(s, chunk)
	switch {
	case !found:
		return 0, false
	case a.When == AfterReply:
		a.awaiting = way{w.link, Both ^ w.direction}
		return 0, false
	case a.When == After && len(a.Pattern) > 0:
		return len(chunk), true
	}
	return start, true
}

// match is the place in chunk where the pattern begins, or the count is full.
func (a *armed) match(s *scan, chunk []byte) (start int, found bool) {
	if len(a.Pattern) == 0 {
		left := a.Bytes - s.bytes
		s.bytes += int64(len(chunk))
		return int(min(left, int64(len(chunk)))), left <= int64(len(chunk))
	}
	for from := 0; ; a.Skip-- {
		start, end, found := s.find(a.Pattern, chunk[from:])
		if !found || a.Skip == 0 {
			return from + start, found
		}
		from += end
	}
}

// find looks for pattern in chunk, or begun in the chunks before. Start is 0
// where it began before. After a match the search goes on from its end.
func (s *scan) find(pattern, chunk []byte) (start, end int, found bool) {
	old := len(s.tail)
	all := append(s.tail, chunk...)
	at := bytes.Index(all, pattern)
	if at < 0 {
		s.tail = bytes.Clone(all[max(0, len(all)-len(pattern)+1):])
		return 0, 0, false
	}
	s.tail = nil
	return max(0, at-old), at + len(pattern) - old, true
}

// forget drops what was seen of a connection that has ended. If it ended
// before the answer came, the trigger waits for the next match.
func (a *armed) forget(k *link) {
	delete(a.seen, way{k, ToServer})
	delete(a.seen, way{k, ToClient})
	if a.awaiting.link == k {
		a.awaiting, a.reply = way{}, scan{}
	}
}
