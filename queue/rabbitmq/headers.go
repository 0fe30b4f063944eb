package rabbitmq

import (
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue"
)

// Where a message's own fields travel: ID in message_id, Key in correlation_id,
// and what does not fit there in headers of ours. The common message has no
// headers at all, which both ends read a good deal faster.
const (
	appID        = "recibo"            // marks what we published
	idHeader     = "recibo-message-id" // longer than a property may be
	keyHeader    = "recibo-key"
	quotedHeader = "recibo-header" // names and values by turns, which may not travel as they are

	longestShort = 255 // bytes of a property or of a header's name
)

// encode makes the AMQP message of m.
func encode(m queue.Message) amqp.Publishing {
	out := amqp.Publishing{
		DeliveryMode:  amqp.Persistent,
		AppId:         appID,
		MessageId:     m.ID,
		CorrelationId: m.Key,
		Body:          m.Body,
	}
	if len(m.ID) <= longestShort && len(m.Key) <= longestShort && len(m.Headers) == 0 {
		return out
	}
	out.Headers = make(amqp.Table, len(m.Headers)+2)
	if len(m.ID) > longestShort {
		out.MessageId, out.Headers[idHeader] = "", m.ID
	}
	if len(m.Key) > longestShort {
		out.CorrelationId, out.Headers[keyHeader] = "", m.Key
	}
	var unfit []any
	for name, value := range m.Headers {
		if plainName(name) {
			out.Headers[name] = value
		} else {
			unfit = append(unfit, name, value)
		}
	}
	if unfit != nil {
		out.Headers[quotedHeader] = unfit
	}
	return out
}

// plainName says whether a user's header may travel under its own name: not
// if it is ours, or if the server or a client would act upon it.
func plainName(name string) bool {
	switch name {
	case "", idHeader, keyHeader, quotedHeader, "CC", "BCC":
		return false
	}
	return len(name) <= longestShort && !strings.HasPrefix(name, "x-") && !strings.HasPrefix(name, propertyPrefix)
}

// Bytes that a message has on the wire beside its headers and body, at most.
const frameBytes = 64 + 3*(longestShort+1)

// headerBytes is the most that the header frame of an encoded message takes.
func headerBytes(m amqp.Publishing) int {
	n := frameBytes
	for name, value := range m.Headers {
		n += fieldBytes + len(name)
		switch v := value.(type) {
		case string:
			n += len(v)
		case []any:
			for _, text := range v {
				n += fieldBytes + len(text.(string))
			}
		}
	}
	return n
}

const fieldBytes = 6 // lengths and type

// decode is the message as it was published: exactly, if by us; else with
// everything that its properties and headers say, as text.
func decode(d *amqp.Delivery, from string) queue.Message {
	m := queue.Message{ID: d.MessageId, Body: d.Body}
	ours := d.AppId == appID
	for name, value := range d.Headers {
		switch {
		case name == deliveryCount, name == acquiredCount: // told as Attempt
		case ours && name == idHeader:
			m.ID = textOf(value)
		case ours && name == keyHeader:
			m.Key = textOf(value)
		case ours && name == quotedHeader && setQuoted(&m, value):
		default:
			setHeader(&m, name, textOf(value))
		}
	}
	if !ours {
		properties(d, from, func(name, value string) {
			if _, taken := m.Headers[name]; !taken {
				setHeader(&m, name, value)
			}
		})
	} else if d.CorrelationId != "" {
		m.Key = d.CorrelationId
	}
	return m
}

func setHeader(m *queue.Message, name, value string) {
	if m.Headers == nil {
		m.Headers = make(map[string]string, 4)
	}
	m.Headers[name] = value
}

// setQuoted takes names and values by turns; false if that is not what they are.
func setQuoted(m *queue.Message, value any) bool {
	all, ok := value.([]any)
	if !ok || len(all)%2 != 0 {
		return false
	}
	for i := 0; i < len(all); i += 2 {
		setHeader(m, textOf(all[i]), textOf(all[i+1]))
	}
	return true
}

// deliveryCount is how often a quorum queue had delivered a message before.
// Since RabbitMQ 4.3 it counts failures only, and acquiredCount all.
const (
	deliveryCount = "x-delivery-count"
	acquiredCount = "x-acquired-count"
)

// attempt is the number of this delivery; 0 where the queue does not count.
func attempt(d *amqp.Delivery) int {
	switch n := d.Headers[deliveryCount].(type) {
	case int64:
		return int(n) + 1
	case int32:
		return int(n) + 1
	}
	if d.Redelivered {
		return 0
	}
	return 1
}
