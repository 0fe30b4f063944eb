package recorder

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"recibo/quarantine"
	"recibo/store"
)

// claim is what a delivery says of itself: that it was sent back from
// quarantine. Whoever can publish can say so, therefore it only counts if the
// bytes are those of the entry.
type claim struct {
	entryID string
	attempt int
	entry   *quarantine.Entry // what the store says, without its body; nil: the claim does not count
	// replaced: the bytes are a mended body that another one has replaced since.
	replaced bool
}

// claimOf reads the header, nil without one.
func claimOf(headers map[string]string) *claim {
	value, ok := headers[quarantine.RedriveHeader]
	if !ok {
		return nil
	}
	id, attempt, ok := quarantine.ParseRedrive(value)
	if !ok {
		return nil
	}
	return &claim{entryID: id, attempt: attempt}
}

// decides reports whether the fate of this delivery is the fate of its entry.
func (c *claim) decides() bool {
	return c != nil && c.entry != nil && !c.replaced && c.entry.State == quarantine.Redriven && c.entry.Attempt == c.attempt
}

// lost reports whether the entry went on without this delivery: it was decided
// by another copy, and then held or discarded, or sent back once more. Such a
// delivery never records anything, or it would undo what somebody decided since.
// It is counted with its entry. If the entry is resolved, it is a copy like any
// other.
func (c *claim) lost() bool {
	return c != nil && c.entry != nil && !c.decides() && c.entry.State != quarantine.Resolved
}

// checkClaims asks the store about the claims in items, whatever the store
// answers. It only fails when ctx ends.
func (w *writer) checkClaims(ctx context.Context, items []*item) error {
	var claims []*item
	for _, it := range items {
		if it.claim != nil {
			claims = append(claims, it)
		}
	}
	waits := store.Backoff()
	for len(claims) > 0 {
		err := w.lookUpClaims(ctx, claims)
		if err == nil {
			w.r.storeWatch.answered(anyWriter, false)
			return nil
		}
		if err := w.r.storeWatch.wait(ctx, anyWriter, err, waits.NextBackOff()); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) lookUpClaims(ctx context.Context, items []*item) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	for some := range slices.Chunk(items, store.MaxPage) {
		ids := make([]string, len(some))
		for i, it := range some {
			ids[i] = it.claim.entryID
		}
		slices.Sort(ids)
		page, err := w.r.store.Reader().Entries(ctx, store.EntryQuery{IDs: slices.Compact(ids), Order: store.ByID, WithoutBody: true})
		if err != nil {
			return err
		}
		for _, it := range some {
			if err := w.checkClaim(ctx, it, page.Items); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkClaim holds one claim against the entries that were found.
func (w *writer) checkClaim(ctx context.Context, it *item, entries []quarantine.Entry) error {
	c := it.claim
	c.entry, c.replaced = nil, false
	defer it.setOrigin()
	at, found := slices.BinarySearchFunc(entries, c.entryID, func(e quarantine.Entry, id string) int { return strings.Compare(e.ID, id) })
	if !found || c.attempt > entries[at].Attempt {
		return nil
	}
	e := &entries[at]
	sum := sha256.Sum256(it.delivery.Body)
	if sum != e.BodySHA256 && (e.MendedBody == nil || sum != sha256.Sum256(e.MendedBody)) {
		ours, err := w.wasMended(ctx, e.ID, sum)
		if err != nil || !ours {
			return err
		}
		c.replaced = true
	}
	c.entry = e
	return nil
}

// setOrigin notes the entry that the item comes from, if it decides about it.
func (it *item) setOrigin() {
	id := ""
	if it.claim.decides() {
		id = it.claim.entryID
	}
	it.payment.EntryID = id
	if it.control != nil {
		it.control.EntryID = id
	}
}

// wasMended reports whether the bytes once were the entry's mended body.
func (w *writer) wasMended(ctx context.Context, entryID string, sum [sha256.Size]byte) (bool, error) {
	lines, err := w.r.store.Reader().History(ctx, entryID)
	return slices.ContainsFunc(lines, func(l quarantine.HistoryLine) bool {
		return l.MendedSHA256 != nil && *l.MendedSHA256 == sum
	}), err
}
