package sqs

import "time"

// trouble is why nothing can be received, and since when.
type trouble struct {
	err   error
	since time.Time
}

// raise notes err; true if all was well before.
func (t *trouble) raise(err error) bool {
	fresh := t.since.IsZero()
	if fresh {
		t.since = time.Now()
	}
	t.err = err
	return fresh
}

func (t *trouble) end() { *t = trouble{} }

// lasting returns the trouble once it has lasted long enough to be told.
func (t *trouble) lasting(now time.Time) error {
	if t.since.IsZero() || now.Sub(t.since) < outageAfter {
		return nil
	}
	return t.err
}
