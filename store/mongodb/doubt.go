package mongodb

import (
	"sync"
	"time"
)

// doubt names a document that a writer sent.
type doubt struct{ writer, collection, id string }

// doubt names the document in the collection for the transaction's writer. One
// that claims no number cannot be told from another, and is in no doubt.
func (p *plain) doubt(collection, id string) doubt {
	if p.writer == nil {
		return doubt{"", collection, id}
	}
	return doubt{p.writer.ID, collection, id}
}

// sentBefore reports whether what stands was written by an attempt of the same
// writer of which not all was: then it is recorded, not a duplicate.
func (t *tx) sentBefore(collection, id string, stands arrival) bool {
	if t.session != nil {
		return false
	}
	name := t.plain.doubt(collection, id)
	if !t.store.doubts.has(name, stands) {
		return false
	}
	t.plain.sent = append(t.plain.sent, name)
	return true
}

// arrival is one delivery that was recorded at one time.
type arrival struct {
	queue, position string
	recordedAt      int64 // milliseconds
}

func arrivalOf(queue, position string, recordedAt time.Time) arrival {
	return arrival{queue, position, recordedAt.UnixMilli()}
}

func (r *paymentRow) arrival() arrival { return arrivalOf(r.Queue, r.Position, r.RecordedAt) }
func (r *controlRow) arrival() arrival { return arrivalOf(r.Queue, r.Position, r.RecordedAt) }

// doubts are documents that were sent by attempts of which not all is written.
type doubts struct {
	mu   sync.Mutex
	sent map[doubt]any
}

// add reports whether an earlier attempt has sent the document.
func (d *doubts) add(name doubt, document any) (earlier bool) {
	if name.writer == "" {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sent == nil {
		d.sent = map[doubt]any{}
	}
	_, earlier = d.sent[name]
	d.sent[name] = document
	return earlier
}

// has reports whether what stands is what such an attempt wrote.
func (d *doubts) has(name doubt, stands arrival) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	row, ok := d.sent[name].(interface{ arrival() arrival })
	return ok && row.arrival() == stands
}

func (d *doubts) settle(names ...doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		delete(d.sent, name)
	}
}
