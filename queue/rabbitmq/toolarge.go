package rabbitmq

import (
	"regexp"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"
)

var tooLargeText = regexp.MustCompile(`message size (\d+) is larger than configured max size (\d+)`)

// tooLarge reads from the server's words which message it did not take, and
// the largest it does.
func tooLarge(err error) (size, largest int, ok bool) {
	if code(err) != amqp.PreconditionFailed {
		return 0, 0, false
	}
	found := tooLargeText.FindStringSubmatch(err.Error())
	if found == nil {
		return 0, 0, false
	}
	size, _ = strconv.Atoi(found[1]) // digits
	largest, _ = strconv.Atoi(found[2])
	return size, largest, true
}
