package recorder

import (
	"context"
	"errors"
	"time"

	"recibo/store"
)

// attemptTimeout bounds one transaction, so that a database that hangs is
// noticed. It is far above what any batch takes.
const attemptTimeout = 30 * time.Second

// anyWriter is who the watch of the store knows: what answers one writer
// answers all.
const anyWriter = "writer"

// commit gets every item of the batch decided and committed, whatever the
// store answers. It only fails when ctx, the drain deadline, ends.
func (w *writer) commit(ctx context.Context, batch []*item) error {
	if err := w.checkClaims(ctx, batch); err != nil {
		return err
	}
	work := [][]*unit{unitsOf(batch)}
	for len(work) > 0 {
		units := work[len(work)-1]
		work = work[:len(work)-1]
		next, err := w.commitUnits(ctx, units)
		if err != nil {
			return err
		}
		work = append(work, next...)
	}
	return nil
}

// commitUnits commits units in one transaction and returns nil, or returns the
// smaller pieces in which to try again.
func (w *writer) commitUnits(ctx context.Context, units []*unit) ([][]*unit, error) {
	waits := store.Backoff()
	var sent *decision // what a transaction without an answer would have decided
	for redone := 0; ; {
		d, err := w.attempt(ctx, units)
		if err == nil || (errors.Is(err, errLanded) && sent != nil) {
			if err != nil {
				d = sent
			}
			w.landed(d)
			return nil, nil
		}
		if errors.Is(err, store.ErrFenced) || errors.Is(err, errLanded) {
			sent = nil
			w.renew()
			continue
		}
		if errors.Is(err, errMoved) {
			return w.regroup(ctx, units)
		}
		class := store.ClassOf(err)
		switch class {
		case store.ClassUnknownCommit:
			if d != nil {
				sent = d
			}
		case store.ClassTransient:
			if redone++; redone <= store.RedoMost {
				continue
			}
			redone = 0
		case store.ClassData, store.ClassTooBig, store.ClassTooSlow:
			if sent != nil {
				landed, err := w.hadLanded(ctx)
				if err != nil {
					return nil, err
				}
				if landed {
					w.landed(sent)
					return nil, nil
				}
				sent = nil
			}
			if pieces, ok := w.divide(ctx, units, class, err); ok {
				return pieces, nil
			}
		}
		if err := w.r.storeWatch.wait(ctx, anyWriter, err, waits.NextBackOff()); err != nil {
			return nil, err
		}
	}
}

// attempt runs one transaction. The decision is returned also with an error,
// when it was made before the error came.
func (w *writer) attempt(ctx context.Context, units []*unit) (*decision, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	var d *decision
	err := w.r.store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		d, err = w.decide(ctx, tx, units)
		return err
	})
	return d, err
}

// hadLanded asks whether the writer's last transaction, which had no answer, was
// committed, before its units are cut up: the pieces would count them again. It
// asks until it is answered; it only fails when ctx ends.
func (w *writer) hadLanded(ctx context.Context) (bool, error) {
	waits := store.Backoff()
	for {
		err := w.askLanded(ctx)
		switch {
		case errors.Is(err, errLanded):
			return true, nil
		case errors.Is(err, errNotLanded), errors.Is(err, store.ErrFenced):
			return false, nil
		}
		if err := w.r.storeWatch.wait(ctx, anyWriter, err, waits.NextBackOff()); err != nil {
			return false, err
		}
	}
}

// askLanded begins the transaction again and ends it when it is known whether
// its number is taken: nothing is written in any case.
func (w *writer) askLanded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return w.r.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		switch landed, err := tx.Claim(ctx, w.next(w.r.config.now())); {
		case err != nil:
			return err
		case landed:
			return errLanded
		}
		return errNotLanded
	})
}

// divide answers an error that the units themselves cause. Several are halved,
// so that the guilty one is found in few transactions while the others are
// recorded in this same pass. One alone is looked up and then rejected. False
// means that this is an outage after all.
func (w *writer) divide(ctx context.Context, units []*unit, class store.Class, cause error) ([][]*unit, bool) {
	if len(units) > 1 {
		half := len(units) / 2
		return [][]*unit{units[half:], units[:half]}, true
	}
	u := units[0]
	if class == store.ClassTooSlow || !u.offers() {
		return nil, false
	}
	stands, err := w.lookUp(ctx, u)
	if err != nil {
		return nil, false
	}
	if u.stands = stands; stands.none() {
		u.refuse(words(cause))
	}
	return [][]*unit{units}, true
}

// lookUp returns what is recorded under the key of a unit, if anything is.
func (w *writer) lookUp(ctx context.Context, u *unit) (standing, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	reader := w.r.store.Reader()
	if u.rank == isControl {
		page, err := store.ReadControls(reader).Controls(ctx, store.ControlQuery{IDs: []string{u.key}, Limit: 1})
		if err != nil || len(page.Items) == 0 {
			return standing{}, err
		}
		return standing{control: &page.Items[0]}, nil
	}
	page, err := reader.Payments(ctx, store.PaymentQuery{IDs: []string{u.key}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return standing{}, err
	}
	return standing{payment: &page.Items[0]}, nil
}

// regroup checks the claims of units anew, since somebody moved one of their
// entries, and begins again with all of their items.
func (w *writer) regroup(ctx context.Context, units []*unit) ([][]*unit, error) {
	var items []*item
	for _, u := range units {
		items = append(items, u.items...)
	}
	if err := w.checkClaims(ctx, items); err != nil {
		return nil, err
	}
	return [][]*unit{unitsOf(items)}, nil
}

// words are the database's own, without what we were doing at the time.
func words(err error) string {
	if e, ok := errors.AsType[*store.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
