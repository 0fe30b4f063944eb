package sqs

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	visibility     = 30 * time.Second // what is received is hidden for so long: a killed recorder's messages come again after it
	longestHeld    = 12 * time.Hour   // SQS hides no message for longer in all
	longestPoll    = 10 * time.Second // what an idle queue costs against what a poll that was left behind may hide
	answerTimeout  = 10 * time.Second // no answer for so long, beyond the wait of a poll: nobody knows
	settleTimeout  = 10 * time.Second // how long failed parts of an ack are tried again
	releaseTimeout = 5 * time.Second  // how long Close gives back
	closeWait      = 1500 * time.Millisecond
	loginTimeout   = 5 * time.Second // the chain asks servers that may not be there
	dialTimeout    = 5 * time.Second
	outageAfter    = time.Second     // trouble that lasts is told to Receive
	longestWait    = 2 * time.Second // between two attempts
)

const (
	perBatch      = 10   // entries that SQS takes in one request
	maxReceive    = 1000 // the most that SQS lets a queue say: an outage shall not move messages
	receivers     = 16   // polls at once, under load
	mostReceivers = 64
	settlers      = 16 // requests at once that settle
	beaters       = 4  // requests at once that keep messages hidden
	senders       = 16 // requests at once that publish
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

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
