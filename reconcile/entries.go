package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"

	"recibo/quarantine"
	"recibo/store"
)

// held is one entry of the quarantine, as it travels through the sorter.
type held struct {
	body  [sha256.Size]byte
	waits bool // held or redriven: nobody has decided about it
	id    string
}

func encodeHeld(h held) ([]byte, error) {
	b := make([]byte, 0, 1+sha256.Size+len(h.id))
	flags := byte(0)
	if h.waits {
		flags = 1
	}
	b = append(b, flags)
	b = append(b, h.body[:]...)
	return append(b, h.id...), nil
}

func decodeHeld(b []byte) (h held, err error) {
	if len(b) < 1+sha256.Size {
		return h, errCodec
	}
	h.waits = b[0] == 1
	copy(h.body[:], b[1:])
	h.id = string(b[1+sha256.Size:])
	return h, nil
}

var heldByBody = codec[held]{encodeHeld, decodeHeld, func(a, b held) int {
	return cmp.Or(bytes.Compare(a.body[:], b.body[:]), cmp.Compare(a.id, b.id))
}}

// joinEntries joins the messages that are no payment with the quarantine, both
// in the order of the hashes of their bodies.
func (r *run) joinEntries(ctx context.Context, messages *sorter[sent]) error {
	entries := newSorter(ctx, heldByBody, r.Chunk, r.TempDir)
	if err := eachEntry(ctx, r.Reader, entries.add); err != nil {
		return err
	}
	// The entries come from a goroutine, since both sides are walked at once.
	rows := make(chan held, 256)
	failed := make(chan error, 1)
	go func() {
		defer close(rows)
		failed <- entries.each(func(h held) error {
			select {
			case rows <- h:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	j := &entryJoin{run: r, rows: rows}
	j.row, j.more = <-rows
	if err := messages.each(j.take); err != nil {
		return err
	}
	for range rows { // entries of bodies that were not sent
	}
	return <-failed
}

type entryJoin struct {
	*run
	rows    <-chan held
	row     held
	more    bool
	matched [sha256.Size]byte // the last body that had an entry
	any     bool              // matched is one
}

// take looks for the entries of one message. Messages with equal bodies share
// theirs.
func (j *entryJoin) take(s sent) error {
	for j.more && bytes.Compare(j.row.body[:], s.body[:]) <= 0 {
		if j.row.body == s.body {
			j.matched, j.any = j.row.body, true
			if j.row.waits {
				j.result.Held++
			}
		}
		j.row, j.more = <-j.rows
	}
	switch {
	case j.any && j.matched == s.body:
		j.result.Accounted++
	case !s.doubt && !s.told:
		j.result.Missing++
		j.name(KindMissing, s.label())
		if j.missing != nil && s.id != "" {
			j.missing.add(s.id, s.print)
		}
	}
	return nil
}

// eachEntry streams all entries, without their bodies.
func eachEntry(ctx context.Context, reader store.Reader, fn func(held) error) error {
	q := store.EntryQuery{Order: store.ByID, Limit: store.MaxPage, WithoutBody: true}
	for {
		page, err := reader.Entries(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			waits := e.State == quarantine.Held || e.State == quarantine.Redriven
			if err := fn(held{body: e.BodySHA256, waits: waits, id: e.ID}); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}
