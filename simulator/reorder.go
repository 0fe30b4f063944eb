package simulator

// longestDelay is how many messages later a message may come.
const longestDelay = 50

// delayed holds messages back, each for a place of its own in the stream, so
// that none comes later than it should.
type delayed struct {
	slots [longestDelay + 1]*Message // by index of the stream
}

// due takes out the message whose place this index is, nil when there is none.
func (d *delayed) due(index uint64) *Message {
	slot := &d.slots[index%uint64(len(d.slots))]
	m := *slot
	*slot = nil
	return m
}

// hold keeps the message that would have come at index for a later place, and
// reports false when all of them are taken.
func (d *delayed) hold(r random, m *Message, index uint64) bool {
	first := r.below(longestDelay)
	for i := range longestDelay {
		later := 1 + (first+i)%longestDelay
		if slot := &d.slots[(index+uint64(later))%uint64(len(d.slots))]; *slot == nil {
			*slot = m
			return true
		}
	}
	return false
}
