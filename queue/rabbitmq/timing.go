package rabbitmq

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	heartbeat      = 5 * time.Second        // half of it without a byte, three times over, and the server is gone
	dialTimeout    = 5 * time.Second        // connection, TLS and login
	writeTimeout   = 10 * time.Second       // the server reads nothing for so long: the connection is given up
	answerTimeout  = 10 * time.Second       // the same without an answer to a request
	publishTimeout = 10 * time.Second       // no confirm for so long: nobody knows
	blockedTimeout = 5 * time.Second        // how long Publish waits while the broker takes no messages
	outageAfter    = time.Second            // trouble that lasts is told to Receive
	ackPace        = 4 * time.Millisecond   // between two acks
	ackGather      = 100 * time.Millisecond // how long an ack waits for those before it
	longestWait    = 2 * time.Second        // between two attempts to connect or to consume
)

// attempts paces what is tried for ever.
func attempts() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     50 * time.Millisecond,
		RandomizationFactor: 0.3,
		Multiplier:          1.7,
		MaxInterval:         longestWait * 10 / 13,
	}
}
