package quarantine

// Standing is what decides how an entry that a store holds changes, and how it
// has changed.
type Standing struct {
	ID      string
	State   State
	Attempt int
	Reason  Reason
	Mended  []byte // the mended body; read only where Mend is called
	Redrive string // the run of the last step to Redriven that Move took; empty: none did
	// Replaced is the last step that replaced the reason, and with it detail and
	// field errors; nil if none did.
	Replaced *Transition
}

// Move takes a step and returns its line of history; false if the entry is not
// where the step begins, or it is not Legal.
func (s *Standing) Move(t *Transition) (HistoryLine, bool) {
	if s.State != t.From || s.Attempt != t.Attempt || !Legal(t.From, t.To, t.By) {
		return HistoryLine{}, false
	}
	s.State = t.To
	if t.To == Redriven {
		s.Attempt++
		s.Redrive = t.RedriveID
	}
	if t.From == Redriven && t.To == Held && t.Reason != "" {
		s.Reason, s.Replaced = t.Reason, t
	}
	return HistoryLine{EntryID: t.EntryID, From: t.From, To: t.To, Attempt: s.Attempt,
		Reason: s.Reason, Actor: t.Actor, Note: t.Note, At: t.At}, true
}

// SeenAgain has an entry that was done with be held again when its bytes, e,
// come once more, and returns the line of history; false if it waits anyway.
func (s *Standing) SeenAgain(e *Entry) (HistoryLine, bool) {
	from := s.State
	if from != Resolved && from != Discarded {
		return HistoryLine{}, false
	}
	s.State = Held
	return HistoryLine{EntryID: e.ID, From: from, To: s.State, Attempt: s.Attempt, Reason: s.Reason,
		Actor: string(Recorder), Note: "the same bytes came again", At: e.LastSeenAt}, true
}

// FirstLine is the line of history that says the entry was made.
func (e *Entry) FirstLine() HistoryLine {
	return HistoryLine{EntryID: e.ID, To: e.State, Attempt: e.Attempt, Reason: e.Reason, Actor: string(Recorder), At: e.FirstSeenAt}
}
