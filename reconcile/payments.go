package reconcile

import (
	"context"
	"iter"

	"recibo/payment"
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
	rows := r.rows
	if rows == nil {
		rows = r.allRows(ctx)
	}
	stored, stop := iter.Pull2(rows)
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
	stored func() (row, error, bool)
	row    row
	more   bool // row is one
	group  []sent
}

func (j *paymentJoin) advance() error {
	var err error
	j.row, err, j.more = j.stored()
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
	if !j.more || j.row.id != group[0].id {
		if !group[0].doubt {
			j.result.Expected++
		}
		return j.seek(group, payment.Fingerprint{}, false)
	}
	j.result.Expected++
	row := j.row
	differs := false
	switch {
	case holds(group, row.print):
		j.result.Recorded++
	case row.redriven:
		j.result.Mended++
	default:
		differs = true
		j.result.Differing++
		j.name(KindDiffering, row.id)
	}
	if err := j.advance(); err != nil {
		return err
	}
	return j.seek(group, row.print, differs)
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
	for j.more && (all || j.row.id < id) {
		switch {
		case j.row.redriven:
			j.result.Mended++ // its id was mended
		case j.row.inScope:
			j.result.Unexpected++
			j.name(KindUnexpected, j.row.id)
		}
		if err := j.advance(); err != nil {
			return err
		}
	}
	return nil
}
