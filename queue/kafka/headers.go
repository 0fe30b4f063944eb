package kafka

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

// idHeader is where a message's ID travels: the first header, and ours only
// there, for Kafka allows a name several times.
const idHeader = "recibo-message-id"

// encode makes the record of m. It shares the body, which nobody changes.
func encode(m *queue.Message, r *kgo.Record) {
	r.Value = m.Body
	if r.Value == nil {
		r.Value = []byte{} // none at all would be a tombstone
	}
	if m.Key != "" {
		r.Key = []byte(m.Key)
	}
	_, taken := m.Headers[idHeader]
	if m.ID == "" && !taken && len(m.Headers) == 0 {
		return
	}
	r.Headers = make([]kgo.RecordHeader, 0, len(m.Headers)+1)
	if m.ID != "" || taken {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: idHeader, Value: []byte(m.ID)})
	}
	for name, value := range m.Headers {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
}

// decode is the message as it was published. The body is not copied: a message
// keeps what it was fetched with.
func decode(r *kgo.Record) queue.Message {
	m := queue.Message{Key: string(r.Key), Body: r.Value}
	for i, h := range r.Headers {
		if i == 0 && h.Key == idHeader {
			m.ID = string(h.Value)
			continue
		}
		if m.Headers == nil {
			m.Headers = make(map[string]string, len(r.Headers))
		}
		name := h.Key
		for n := 2; ; n++ { // of several with one name none is lost
			if _, taken := m.Headers[name]; !taken {
				break
			}
			name = h.Key + " (" + strconv.Itoa(n) + ")"
		}
		m.Headers[name] = string(h.Value)
	}
	return m
}
