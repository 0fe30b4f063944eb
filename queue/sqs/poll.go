package sqs

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/cenkalti/backoff/v5"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// polling is how many polls there are and may be. Guarded by the source's lock.
type polling struct {
	polls    int // on the way
	asked    int // messages that those may bring
	target   int // polls wanted at once: doubled when many come, halved when none do
	most     int
	hot      bool          // the last answer brought something: there may be more
	patience time.Duration // how long the next poll waits for a first message
	largest  int           // bytes of a body, lately
	again    string        // the attempt of a FIFO queue that was not answered
	waits    *backoff.ExponentialBackOff
	paused   bool          // until the next attempt after trouble
	settled  chan struct{} // closed when polls is 0; nil: nobody waits for it
}

const (
	firstGuess = 4 << 10 // bytes of a body before any was seen
	firstPoll  = time.Second
	fading     = 256 // answers after which the size of a large body counts less
)

func newPolling(most int) polling {
	return polling{target: 1, most: most, hot: true, patience: firstPoll, largest: firstGuess, waits: attempts()}
}

// request is one poll.
type request struct {
	n       int
	wait    time.Duration
	attempt string // of a FIFO queue: the same again brings the same messages
}

// plan starts the polls that there is need and room for. Without somebody who
// waits there is need only while more is likely to come: so nothing is hidden
// from others for nobody, and Close finds no poll that waits.
func (s *source) plan() {
	for !s.closed && !s.paused && s.polls < s.target && (s.waiting > 0 || s.hot) {
		n := s.room()
		if n == 0 {
			return
		}
		r := request{n: n}
		if s.waiting > 0 && s.trouble.err == nil {
			r.wait = s.patience
		}
		if s.fifo {
			r.attempt, s.again = s.again, ""
			if r.attempt == "" {
				r.attempt = rand.Text()
			}
		}
		s.polls++
		s.asked += n
		go s.poll(r)
	}
}

// room is how many messages one more poll may bring. Small requests are left
// for later, unless somebody waits.
func (s *source) room() int {
	whole := min(perBatch, s.want.Messages)
	n := min(whole, s.want.Messages-len(s.held)-s.asked)
	if s.want.Bytes > 0 {
		n = min(n, (s.want.Bytes-s.bytes-s.asked*s.largest)/s.largest)
		if n <= 0 && len(s.held)+s.asked == 0 {
			return 1 // one message is always allowed
		}
	}
	if n < whole && (s.waiting == 0 || s.asked > 0) {
		return 0
	}
	return max(n, 0)
}

// poll asks once, and takes what comes.
func (s *source) poll(r request) {
	ms, sent, err := s.ask(context.Background(), r)
	s.mu.Lock()
	s.polls--
	s.asked -= r.n
	var late []*holding
	switch {
	case err != nil:
		s.failed(r, err)
	case s.left:
		late = holdings(ms, sent)
	default:
		s.trouble.end()
		s.waits.Reset()
		s.scale(len(ms), r)
		s.hold(ms, sent)
	}
	if s.polls == 0 && s.settled != nil {
		close(s.settled)
		s.settled = nil
	}
	s.plan()
	s.mu.Unlock()
	if late != nil {
		_ = s.release(context.Background(), late) // if not, they come again after their time
	}
}

// scale learns from an answer. Half of what was asked for is much: SQS often
// gives less than there is.
func (s *source) scale(got int, r request) {
	s.hot = got > 0
	switch {
	case 2*got >= r.n:
		s.target = min(2*s.target, s.most)
	case got == 0:
		s.target = max(s.target/2, 1)
	}
	if got > 0 {
		s.patience = firstPoll
	} else if r.wait > 0 {
		s.patience = min(2*s.patience, longestPoll)
	}
}

// failed waits before the next poll, which is then one alone.
func (s *source) failed(r request, err error) {
	s.target, s.hot, s.patience, s.again = 1, true, firstPoll, r.attempt
	s.raise(err)
	if s.paused || s.closed {
		return
	}
	s.paused = true
	time.AfterFunc(s.waits.NextBackOff(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.paused = false
		s.plan()
	})
}

// ask is one request. It tells also when it was sent: from then on, at the
// earliest, messages are hidden.
func (s *source) ask(ctx context.Context, r request) ([]types.Message, time.Time, error) {
	in := &aws.ReceiveMessageInput{
		QueueUrl:                    &s.url,
		MaxNumberOfMessages:         int32(r.n),
		WaitTimeSeconds:             int32(r.wait / time.Second),
		VisibilityTimeout:           int32(s.b.place.visibility / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	}
	if s.want.DeadLetters {
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}
	}
	if r.attempt != "" {
		in.ReceiveRequestAttemptId = &r.attempt
	}
	sent := time.Now()
	out, err := call(ctx, r.wait+answerTimeout, s.b.api.ReceiveMessage, in, once)
	if err != nil {
		return nil, sent, err
	}
	if r.wait > 0 { // it is answered as soon as there is a message
		sent = time.Now().Add(-min(time.Since(sent), s.b.place.visibility/4))
	}
	return out.Messages, sent, nil
}

// awaitAnswers waits until no poll and no heartbeat is on the way, or a moment.
func (s *source) awaitAnswers(ctx context.Context) {
	polled := make(chan struct{})
	s.mu.Lock()
	if s.polls == 0 || s.trouble.err != nil {
		close(polled)
	} else {
		s.settled = polled
	}
	s.mu.Unlock()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	for _, answered := range []chan struct{}{s.still, polled} {
		select {
		case <-answered:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
