package jetstream

import "time"

// timing is how long things may take. The embedded queue is on this machine:
// what a killed process held must be there again when the next one starts.
type timing struct {
	ackWait       time.Duration // unacked and not heard of for so long: redelivered
	reconnectWait time.Duration // between two attempts to connect, jitter added
}

var (
	nearby = timing{ackWait: 1200 * time.Millisecond, reconnectWait: 40 * time.Millisecond}
	remote = timing{ackWait: 30 * time.Second, reconnectWait: 250 * time.Millisecond}
)

const (
	pulse          = 500 * time.Millisecond  // the server says on each pull that it is alive
	silence        = 1500 * time.Millisecond // without a pulse for so long a pull is dead
	outageAfter    = time.Second             // trouble that lasts is told to Receive
	tick           = 250 * time.Millisecond  // a source looks after its pull and what it holds
	publishTimeout = 10 * time.Second        // no reply for so long: nobody knows
	flushTimeout   = 5 * time.Second         // acks and releases must have left by then
	answerTimeout  = 5 * time.Second         // for a request that changes or asks for something
	dialTimeout    = 2 * time.Second
	purgeEvery     = 2 * time.Second
)
