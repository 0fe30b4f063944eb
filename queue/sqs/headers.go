package sqs

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

// Where a message's own fields travel: in message attributes. SQS takes ten of
// them, with narrow names and no empty values, so the others are packed into
// one.
const (
	idName     = "recibo-message-id"
	keyName    = "recibo-key"
	bodyName   = "recibo-body"   // how the body travels, if not as it is
	packedName = "recibo-packed" // lines of quoted text: what fits nowhere else

	mostAttributes = 10
	longestHeader  = 256 // of an attribute's name
	textType       = "String"

	packedID, packedKey, packedHeader = "id", "key", "header"
)

// GroupHeader is a header that is not sent: on a FIFO queue it says what keeps
// its order together, such as the payer's account. Only a keyed hash of it
// leaves this process.
const GroupHeader = "recibo-group"

// encode makes the body and attributes of m, and tells their size as SQS counts
// it.
func encode(m queue.Message) (string, map[string]types.MessageAttributeValue, int) {
	body, how := wrap(m.Body)
	a := attributer{all: make(map[string]types.MessageAttributeValue, 4), size: len(body)}
	a.put(bodyName, how)
	a.field(idName, packedID, m.ID)
	a.field(keyName, packedKey, m.Key)
	headers := slices.Sorted(maps.Keys(m.Headers))
	headers = slices.DeleteFunc(headers, func(name string) bool { return name == GroupHeader })
	room := mostAttributes - len(a.all)
	if len(a.packed) > 0 || len(headers) > room {
		room-- // for what is packed
	}
	for i, name := range headers {
		value := m.Headers[name]
		if plainName(name) && value != "" && legal(value) && room > 0 && (room > 1 || i == len(headers)-1 || len(a.packed) > 0) {
			a.put(name, value)
			room--
			continue
		}
		a.pack(packedHeader, name, value)
	}
	a.put(packedName, strings.Join(a.packed, "\n"))
	return body, a.all, a.size
}

type attributer struct {
	all    map[string]types.MessageAttributeValue
	packed []string
	size   int
}

func (a *attributer) put(name, value string) {
	if value != "" {
		kind := textType
		a.all[name] = types.MessageAttributeValue{DataType: &kind, StringValue: &value}
		a.size += len(name) + len(textType) + len(value)
	}
}

func (a *attributer) field(name, kind, value string) {
	if legal(value) {
		a.put(name, value)
	} else {
		a.pack(kind, value)
	}
}

func (a *attributer) pack(kind string, texts ...string) {
	for _, text := range texts {
		kind += " " + strconv.QuoteToASCII(text)
	}
	a.packed = append(a.packed, kind)
}

// plainName says whether a user's header may travel under its own name.
func plainName(name string) bool {
	switch name {
	case "", idName, keyName, bodyName, packedName:
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	lower := strings.ToLower(name)
	return len(name) <= longestHeader && name[0] != '.' && name[len(name)-1] != '.' && !strings.Contains(name, "..") &&
		!strings.HasPrefix(lower, "aws.") && !strings.HasPrefix(lower, "amazon.")
}

// decode is the message as it was published: exactly, if by us; else byte for
// byte, with its attributes as text.
func decode(in *types.Message) queue.Message {
	m := queue.Message{}
	text := ""
	if in.Body != nil {
		text = *in.Body
	}
	m.Body = []byte(text)
	for name, value := range in.MessageAttributes {
		told := textOf(value)
		switch name {
		case idName:
			m.ID = told
		case keyName:
			m.Key = told
		case bodyName:
			if body, ok := unwrap(text, told); ok {
				m.Body = body
			} else {
				setHeader(&m, name, told)
			}
		case packedName:
			if !unpack(&m, told) {
				setHeader(&m, name, told)
			}
		default:
			setHeader(&m, name, told)
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

// textOf is the value of an attribute as text: bytes that are none, in base64.
func textOf(value types.MessageAttributeValue) string {
	switch {
	case value.StringValue != nil:
		return *value.StringValue
	case utf8.Valid(value.BinaryValue):
		return string(value.BinaryValue)
	}
	return base64.StdEncoding.EncodeToString(value.BinaryValue)
}

// unpack reads what pack wrote; false, and nothing is taken, if it is not that.
func unpack(m *queue.Message, packed string) bool {
	var lines [][]string
	for line := range strings.SplitSeq(packed, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		words := []string{kind}
		for rest != "" {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return false
			}
			word, err := strconv.Unquote(quoted)
			if err != nil {
				return false
			}
			words = append(words, word)
			rest = strings.TrimPrefix(rest[len(quoted):], " ")
		}
		if want := map[string]int{packedID: 2, packedKey: 2, packedHeader: 3}[kind]; len(words) != want {
			return false
		}
		lines = append(lines, words)
	}
	for _, words := range lines {
		switch words[0] {
		case packedID:
			m.ID = words[1]
		case packedKey:
			m.Key = words[1]
		default:
			setHeader(m, words[1], words[2])
		}
	}
	return true
}
