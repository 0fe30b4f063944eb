package kafka

import "time"

const (
	dialTimeout    = 5 * time.Second        // connection, TLS and login
	answerTimeout  = 5 * time.Second        // beyond what a request may take by itself
	sessionTimeout = 10 * time.Second       // a member that is silent for so long loses its partitions
	heartbeatEvery = 500 * time.Millisecond // and so long until it hears of a rebalance
	rebalanceLimit = 30 * time.Second       // a member that does not join again within it loses its partitions
	drainTimeout   = 3 * time.Second        // how long a partition is kept that others wait for, until what was handed out is settled
	commitTimeout  = 5 * time.Second        // one commit
	commitPace     = 50 * time.Millisecond  // between two commits
	commitAgain    = 250 * time.Millisecond // after one that failed
	joinTimeout    = 4 * time.Second        // how long the opening of a source waits to be taken into the group; less than silentAfter, as that wait is silent
	leaveTimeout   = 3 * time.Second        // how long closing it waits to be let go
	publishTimeout = 10 * time.Second       // no message accepted for so long: nobody knows
	outageAfter    = time.Second            // errors that last are told
	silentAfter    = 5 * time.Second        // so is silence
	pingEvery      = 2 * time.Second        // where nothing else would be answered
	fetchWait      = 500 * time.Millisecond // how long the broker may wait for messages
	lookEvery      = 200 * time.Millisecond // for outages
)

// pause before what is tried for ever is tried again.
func pause(failures int) time.Duration {
	const least, most = 50 * time.Millisecond, time.Second
	if failures > 5 {
		return most
	}
	return min(least<<max(failures-1, 0), most)
}
