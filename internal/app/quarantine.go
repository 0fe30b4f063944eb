package app

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"recibo/quarantine"
	"recibo/redrive"
	"recibo/store"
)

// EntryDetail is one entry with what helps to decide about it.
type EntryDetail struct {
	Entry
	MendedBody *string     `json:"mended_body,omitempty"` // with the body
	Marks      []Mark      `json:"marks"`                 // where the original body is wrong
	Comparison *Comparison `json:"comparison"`            // of a conflict
	NextStep   string      `json:"next_step"`

	Raw, RawMended []byte `json:"-"` // the bodies, with their bytes
}

// HistoryLine is a line of an entry's history as it is shown.
type HistoryLine struct {
	At           string            `json:"at"`
	From         *string           `json:"from"` // null: the entry was made
	To           quarantine.State  `json:"to"`
	Attempt      int               `json:"attempt"`
	Reason       quarantine.Reason `json:"reason"`
	Actor        string            `json:"actor"`
	Note         *string           `json:"note"`
	MendedSHA256 *string           `json:"mended_sha256"`
}

// Entry returns one entry by its id.
func (a *App) Entry(ctx context.Context, id string, showAccounts, showBody bool) (EntryDetail, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return EntryDetail{}, err
	}
	defer s.Close()
	e, err := findEntry(ctx, s.Reader(), id)
	if err != nil {
		return EntryDetail{}, err
	}
	v := EntryDetail{Entry: viewEntry(&e, showAccounts, showBody), Marks: a.marks(&e), NextStep: nextStep(&e)}
	if showBody {
		v.Raw, v.RawMended = e.Body, e.MendedBody
		if e.MendedBody != nil {
			v.MendedBody = new(strings.ToValidUTF8(string(e.MendedBody), "\uFFFD"))
		}
	}
	if e.Reason == quarantine.Conflict {
		v.Comparison, err = a.compareConflict(ctx, s.Reader(), &e, showAccounts)
	}
	return v, err
}

func findEntry(ctx context.Context, r store.Reader, id string) (quarantine.Entry, error) {
	e, err := redrive.Entry(ctx, r, id)
	if errors.Is(err, redrive.ErrNotThere) {
		err = answerNo("recibo quarantine list shows the ids of entries", "entry %s: not in quarantine", id)
	}
	return e, err
}

// History hands what became of an entry to show, the oldest first.
func (a *App) History(ctx context.Context, id string, show func(HistoryLine) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := findEntry(ctx, s.Reader(), id); err != nil {
		return err
	}
	lines, err := s.Reader().History(ctx, id)
	if err != nil {
		return err
	}
	for _, l := range lines {
		v := HistoryLine{At: stamp(l.At), From: some(string(l.From)), To: l.To, Attempt: l.Attempt, Reason: l.Reason,
			Actor: l.Actor, Note: some(l.Note)}
		if l.MendedSHA256 != nil {
			v.MendedSHA256 = new(hex.EncodeToString(l.MendedSHA256[:]))
		}
		if err := show(v); err != nil {
			return err
		}
	}
	return nil
}

// nextStep says what a person can do about an entry.
func nextStep(e *quarantine.Entry) string {
	switch e.State {
	case quarantine.Redriven:
		return "it waits for a recorder; should the queue have lost it, recibo quarantine redrive --resume " + e.RedriveID + " publishes it again"
	case quarantine.Resolved:
		return "nothing: it is recorded, or was a duplicate; recibo quarantine history " + e.ID + " says when"
	case quarantine.Discarded:
		return "nothing: somebody discarded it; recibo quarantine history " + e.ID + " says why"
	}
	discard := "recibo quarantine discard " + e.ID + " --note WHY"
	mend := "recibo quarantine mend " + e.ID
	again := "recibo quarantine redrive " + e.ID
	if e.MendedBody != nil {
		return "it is mended: send it back with " + again
	}
	switch {
	case e.Reason == quarantine.Conflict:
		return "a recorded payment is never overwritten: if what arrived is wrong, " + discard +
			"; if what is recorded is wrong, let your system send a correcting payment under a new id, then discard this one"
	case e.Reason == quarantine.Rejected:
		return "mend it with " + mend + "; or change the database's rule, then " + again
	case e.Truncated:
		return "only its beginning is kept: get the whole message from its sender and put it here with " + mend + " --body FILE; or " + discard
	}
	return "mend it with " + mend + ", then send it back with " + again + "; or " + discard
}
