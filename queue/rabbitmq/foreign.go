package rabbitmq

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	amqp "github.com/rabbitmq/amqp091-go"
)

// propertyPrefix begins the headers that tell a foreign message's properties.
const propertyPrefix = "amqp-"

// properties calls tell for what a foreign message's properties say of where
// it comes from and what it is.
func properties(d *amqp.Delivery, from string, tell func(name, value string)) {
	text := func(name, value string) {
		if value != "" {
			tell(propertyPrefix+name, value)
		}
	}
	text("app-id", d.AppId)
	text("content-type", d.ContentType)
	text("content-encoding", d.ContentEncoding)
	text("correlation-id", d.CorrelationId)
	text("exchange", d.Exchange)
	text("expiration", d.Expiration)
	text("reply-to", d.ReplyTo)
	text("type", d.Type)
	text("user-id", d.UserId)
	if d.RoutingKey != from {
		text("routing-key", d.RoutingKey)
	}
	if d.Priority != 0 {
		text("priority", strconv.Itoa(int(d.Priority)))
	}
	if !d.Timestamp.IsZero() {
		text("timestamp", timeText(d.Timestamp))
	}
}

// textOf is the value of a header as text: a text as it is, everything else as
// JSON would write it, without quotation marks around the whole.
func textOf(value any) string {
	switch v := plain(value).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			return fmt.Sprint(v) // cannot be, but a header is no reason to fail
		}
		return strings.TrimSuffix(text.String(), "\n")
	}
}

// plain turns a value of AMQP into one that JSON has.
func plain(value any) any {
	switch v := value.(type) {
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		return timeText(v)
	case amqp.Decimal:
		return json.Number(decimalText(v))
	case float32:
		return float(float64(v), 32)
	case float64:
		return float(v, 64)
	case amqp.Table:
		all := make(map[string]any, len(v))
		for name, each := range v {
			all[name] = plain(each)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, each := range v {
			all[i] = plain(each)
		}
		return all
	}
	return value // booleans, integers, texts and nil
}

func float(v float64, bits int) any {
	text := strconv.FormatFloat(v, 'g', -1, bits)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return text
	}
	return json.Number(text)
}

// decimalText is exact: 15075 with scale 2 is 150.75.
func decimalText(d amqp.Decimal) string {
	if d.Scale == 0 {
		return strconv.Itoa(int(d.Value))
	}
	sign, digits := "", strconv.FormatInt(int64(d.Value), 10)
	if d.Value < 0 {
		sign, digits = "-", digits[1:]
	}
	for len(digits) <= int(d.Scale) {
		digits = "0" + digits
	}
	point := len(digits) - int(d.Scale)
	return sign + digits[:point] + "." + digits[point:]
}

// timeText is RFC 3339 in UTC. AMQP has whole seconds.
func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }
