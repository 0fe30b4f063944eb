package jetstream

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"recibo/queue"
)

// Where a message's own fields travel. NATS headers are lines of text: what
// they cannot carry exactly travels quoted.
const (
	idHeader        = "Recibo-Message-Id"
	keyHeader       = "Recibo-Key"
	quotedIDHeader  = "Recibo-Message-Id-Quoted"
	quotedKeyHeader = "Recibo-Key-Quoted"
	quotedHeader    = "Recibo-Header-Quoted" // name and value of a user's header

	serverPrefix = "Nats-" // names that the server acts upon
	batchPrefix  = "Nats-Batch-"
)

// encode makes the NATS message of m. Nats-Msg-Id is never set, for the server
// would drop what has an id that it saw before; a user's header of such a name
// travels quoted.
func encode(subject string, m queue.Message) *nats.Msg {
	h := make(nats.Header, len(m.Headers)+5) // and three for a batch
	values := make([]string, 0, len(m.Headers)+2)
	put := func(name, value string) {
		values = append(values, value)
		last := len(values) - 1
		h[name] = values[last : last+1 : last+1]
	}
	field := func(name, quotedName, value string) {
		switch {
		case value == "":
		case plainValue(value):
			put(name, value)
		default:
			put(quotedName, strconv.QuoteToASCII(value))
		}
	}
	field(idHeader, quotedIDHeader, m.ID)
	field(keyHeader, quotedKeyHeader, m.Key)
	for name, value := range m.Headers {
		if plainName(name) && plainValue(value) {
			put(name, value)
			continue
		}
		h[quotedHeader] = append(h[quotedHeader], strconv.QuoteToASCII(name)+" "+strconv.QuoteToASCII(value))
	}
	return &nats.Msg{Subject: subject, Header: h, Data: m.Body}
}

// plainName says whether a user's header may travel under its own name.
func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == ':' {
			return false
		}
	}
	for _, own := range [...]string{idHeader, keyHeader, quotedIDHeader, quotedKeyHeader, quotedHeader} {
		if strings.EqualFold(name, own) {
			return false
		}
	}
	server := len(name) >= len(serverPrefix) && strings.EqualFold(name[:len(serverPrefix)], serverPrefix)
	return name != "" && !server
}

// plainValue says whether a header line carries the value exactly.
func plainValue(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] == 0x7f {
			return false
		}
	}
	return value == "" || (value[0] != ' ' && value[len(value)-1] != ' ')
}

// decode is the message as it was published, by us or by a foreign client. The
// server's marks of a batch are no part of it.
func decode(msg *nats.Msg) queue.Message {
	m := queue.Message{Body: msg.Data}
	for name, values := range msg.Header {
		switch {
		case name == idHeader:
			m.ID = values[0]
		case name == keyHeader:
			m.Key = values[0]
		case name == quotedIDHeader:
			m.ID = unquoted(values[0])
		case name == quotedKeyHeader:
			m.Key = unquoted(values[0])
		case name == quotedHeader:
			for _, pair := range values {
				setQuoted(&m, pair)
			}
		case !strings.HasPrefix(name, batchPrefix):
			setHeader(&m, name, strings.Join(values, ", "))
		}
	}
	return m
}

func setHeader(m *queue.Message, name, value string) {
	if m.Headers == nil {
		m.Headers = make(map[string]string, 4)
	}
	m.Headers[name] = value
}

func setQuoted(m *queue.Message, pair string) {
	name, err := strconv.QuotedPrefix(pair)
	if err != nil {
		setHeader(m, quotedHeader, pair) // not written by us: keep it as it is
		return
	}
	setHeader(m, unquoted(name), unquoted(strings.TrimPrefix(pair[len(name):], " ")))
}

// unquoted is what was quoted; a text that was not is kept.
func unquoted(s string) string {
	if plain, err := strconv.Unquote(s); err == nil {
		return plain
	}
	return s
}
