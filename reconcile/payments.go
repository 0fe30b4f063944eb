package reconcile

import (
	"context"
	"iter"

	"recibo/payment"
	"recibo/store"
)

// joinPayments joins the valid events that were sent with the payments, both
// in the order of their ids. It returns the sorter of the messages that are no
// payment, and must be in quarantine.
func (r *run) joinPayments(ctx context.Context) (*sorter[sent], error) {
	rest := newSorter(ctx, byBody, r.Chunk, r.TempDir)
	valid := newSorter(ctx, byID, r.Chunk, r.TempDir)
	for line, err := range r.Sent {
		if err != nil {
			return nil, err
		}
		to := valid
		if line.TransactionID == "" {
			to = rest
		}
		if err := to.add(sentOf(line)); err != nil {
			return nil, err
		}
	}
	stored, stop := iter.Pull2(payments(ctx, r.Reader))
	defer stop()
	j := &paymentJoin{run: r, rest: rest, stored: stored}
	if err := j.advance(); err != nil {
		return nil, err
	}
	if err := valid.each(j.take); err != nil {
		return nil, err
	}
	if err := j.flush(); err != nil {
		return nil, err
	}
	return rest, j.skipTo("", true)
}

// paymentJoin walks both sides. group gathers the messages of one id: the few
// copies and versions of it.
type paymentJoin struct {
	*run
	rest   *sorter[sent]
	stored func() (store.Payment, error, bool)
	row    store.Payment
	print  payment.Fingerprint // of what row says now, not of what it said once
	more   bool                // row is one
	group  []sent
}

func (j *paymentJoin) advance() error {
	row, err, ok := j.stored()
	j.row, j.more = row, ok
	if ok {
		j.print = payment.FingerprintOf(&row.Event)
	}
	return err
}

func (j *paymentJoin) take(s sent) error {
	if len(j.group) > 0 && j.group[0].id != s.id {
		if err := j.flush(); err != nil {
			return err
		}
	}
	j.group = append(j.group, s)
	return nil
}

// flush judges the gathered group against the row of its id.
func (j *paymentJoin) flush() error {
	if len(j.group) == 0 {
		return nil
	}
	group := j.group
	j.group = j.group[:0]
	if err := j.skipTo(group[0].id, false); err != nil {
		return err
	}
	if !j.more || j.row.TransactionID != group[0].id {
		if !group[0].doubt {
			j.result.Expected++
		}
		return j.seek(group, payment.Fingerprint{}, false)
	}
	j.result.Expected++
	row, print := j.row, j.print
	differs := false
	switch {
	case holds(group, print):
		j.result.Recorded++
	case row.EntryID != "":
		j.result.Mended++
	default:
		differs = true
		j.result.Differing++
		j.name(KindDiffering, row.TransactionID)
	}
	if err := j.advance(); err != nil {
		return err
	}
	return j.seek(group, print, differs)
}

// holds reports whether one of the versions that were sent has the print.
func holds(group []sent, print payment.Fingerprint) bool {
	for i := range group {
		if group[i].print == print {
			return true
		}
	}
	return false
}

// seek accounts for the messages that are recorded under that print, and looks for
// the others in quarantine. Zero is nobody's print. Of an id that was told as
// differing nothing is told as missing too.
func (j *paymentJoin) seek(group []sent, recorded payment.Fingerprint, told bool) error {
	for i, s := range group {
		if s.print == recorded {
			j.result.Accounted++
			continue
		}
		s.told = told || i > 0 && group[i-1].print == s.print
		if err := j.rest.add(s); err != nil {
			return err
		}
	}
	return nil
}

// skipTo passes the rows before id, or all of them: nobody sent those.
func (j *paymentJoin) skipTo(id string, all bool) error {
	for j.more && (all || j.row.TransactionID < id) {
		switch {
		case j.row.EntryID != "":
			j.result.Mended++ // its id was mended
		case j.inScope(&j.row):
			j.result.Unexpected++
			j.name(KindUnexpected, j.row.TransactionID)
		}
		if err := j.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) inScope(p *store.Payment) bool {
	return (r.Source == "" || p.Source == r.Source) &&
		(r.Since.IsZero() || !p.OccurredAt.Before(r.Since)) &&
		(r.Until.IsZero() || p.OccurredAt.Before(r.Until))
}

// payments streams all rows in the order of their ids.
func payments(ctx context.Context, reader store.Reader) iter.Seq2[store.Payment, error] {
	return func(yield func(store.Payment, error) bool) {
		q := store.PaymentQuery{Order: store.ByID, Limit: store.MaxPage}
		for {
			page, err := reader.Payments(ctx, q)
			if err != nil {
				yield(store.Payment{}, err)
				return
			}
			for _, p := range page.Items {
				if !yield(p, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.After = page.Next
		}
	}
}
