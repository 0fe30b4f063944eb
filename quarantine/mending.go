package quarantine

import (
	"bytes"
	"crypto/sha256"
	"time"
)

// Mending puts a mended body beside an entry's original, which never changes.
// A store applies it only to an entry that is held at attempt Attempt and whose
// mended body is Was: of two people who mend at once the second is told.
type Mending struct {
	EntryID string
	Attempt int
	Was     []byte // the mended body that stands; nil for none
	Body    []byte // nil takes the mended body away
	Actor   string
	Note    string
	At      time.Time
}

// Mend takes the mended body and returns the line of history; false if the
// entry is not as the mending expects it.
func (s *Standing) Mend(m *Mending) (HistoryLine, bool) {
	if s.State != Held || s.Attempt != m.Attempt || !bytes.Equal(s.Mended, m.Was) || (s.Mended == nil) != (m.Was == nil) {
		return HistoryLine{}, false
	}
	s.Mended = m.Body
	line := HistoryLine{EntryID: m.EntryID, From: Held, To: Held, Attempt: s.Attempt, Reason: s.Reason,
		Actor: m.Actor, Note: m.Note, At: m.At}
	if m.Body != nil {
		line.MendedSHA256 = new(sha256.Sum256(m.Body))
	}
	return line, true
}
