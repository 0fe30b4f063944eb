package simulation_test

import (
	"encoding/json"
	"math/rand/v2"
)

// plan is one run: what happens, step after step. All else follows from it, but
// for the order in which the runtime lets goroutines go on.
type plan struct {
	Seed  uint64 `json:"seed"` // of the messages
	Steps []step `json:"steps"`
}

// step is one thing that happens; what its numbers mean, its kind says.
type step struct {
	Do string `json:"do"`
	A  int    `json:"a,omitempty"`
	B  int    `json:"b,omitempty"`
}

func (p plan) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // it always marshals
	}
	return string(b)
}

// kinds are what may happen, by how often, with the bounds of its two numbers.
var kinds = []struct {
	weight, a, b int
	do           string
}{
	{14, 40, 0, doPublish},     // 1+a messages
	{12, 3000, 60, doRecord},   // for 1+a ms, batches of 1+b
	{8, 40, 60, doCrash},       // a recorder that dies at its call 1+a
	{3, 3, 60, doStart},        // recorders that go on beside what follows
	{2, 0, 0, doStop},          // these, in good order
	{2, 0, 0, doKill},          // these, at once
	{4, 5, 14, doStoreFails},   // class a, 1+b times
	{3, 3, 0, doLoseReplies},   // 1+a commits land without an answer
	{3, 3, 0, doLoseCommits},   // 1+a commits do not land, without an answer
	{3, 9000, 0, doStoreDown},  // for a ms
	{3, 9000, 0, doQueueDown},  // for a ms
	{2, 30, 2, doRefuseAbove},  // more than 1+a payments are too big, too slow, or neither
	{3, 6, 0, doRefuse},        // the database refuses payments of which a part of 1/(2+a)
	{2, 0, 0, doAllow},         // no more
	{2, 3, 1, doLoseAcks},      // 1+a acks, told or not
	{2, 4, 0, doFailReceives},  // 1+a
	{2, 6, 0, doDouble},        // every (2+a)th delivery
	{2, 1 << 20, 0, doShuffle}, // deliveries
	{2, 9, 0, doDrop},          // every (2+a)th delivery, until its source is closed
	{2, 9, 0, doTruncate},      // every (2+a)th delivery comes cut short too
	{2, 0, 0, doCalm},          // the queue is well again
	{2, 3, 0, doLosePublishes}, // 1+a publishes land without an answer
	{2, 3, 0, doFailPublishes}, // 1+a publishes are refused
	{4, 7_200_000, 0, doClock}, // set by a ms, less an hour
	{6, 1 << 20, 6, doMend},    // a held entry, in one of 1+b ways
	{4, 1 << 20, 5, doDiscard}, // up to 1+b held entries
	{8, 6, 60, doRedrive},      // a selection, dying at its call b, or not
	{4, 1 << 20, 40, doResume}, // a run, dying at its call b, or not
	{2, 1 << 20, 0, doCancel},  // a run
	{2, 3, 0, doPurge},         // what is resolved or discarded
}

const (
	doPublish       = "publish"
	doRecord        = "record"
	doCrash         = "crash"
	doStart         = "start"
	doStop          = "stop"
	doKill          = "kill"
	doStoreFails    = "store_fails"
	doLoseReplies   = "lose_replies"
	doLoseCommits   = "lose_commits"
	doStoreDown     = "store_down"
	doQueueDown     = "queue_down"
	doRefuseAbove   = "refuse_above"
	doRefuse        = "refuse"
	doAllow         = "allow"
	doLoseAcks      = "lose_acks"
	doFailReceives  = "fail_receives"
	doDouble        = "double"
	doShuffle       = "shuffle"
	doDrop          = "drop"
	doTruncate      = "truncate"
	doCalm          = "calm"
	doLosePublishes = "lose_publishes"
	doFailPublishes = "fail_publishes"
	doClock         = "clock"
	doMend          = "mend"
	doDiscard       = "discard"
	doRedrive       = "redrive"
	doResume        = "resume"
	doCancel        = "cancel"
	doPurge         = "purge"
)

// draw makes the plan of a seed.
func draw(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 0x51))
	p := plan{Seed: seed, Steps: []step{{doPublish, 20 + random.IntN(60), 0}}}
	weights := 0
	for _, k := range kinds {
		weights += k.weight
	}
	if random.IntN(3) == 0 {
		p.Steps = append(p.Steps, lateCopies(random)...)
	}
	for range 6 + random.IntN(24) {
		n := random.IntN(weights)
		for _, k := range kinds {
			if n -= k.weight; n < 0 {
				p.Steps = append(p.Steps, step{k.do, random.IntN(k.a + 1), random.IntN(k.b + 1)})
				break
			}
		}
	}
	return p
}

// lateCopies is a story that chance alone seldom tells: entries are sent back
// twice, one copy is kept back until somebody has decided otherwise about its
// entry, and then it comes, good at last. Some of its lines are left out.
func lateCopies(random *rand.Rand) []step {
	decide := [][]step{{{doDiscard, random.IntN(1 << 20), 5}}, {{doMend, random.IntN(1 << 20), 6}, {doMend, random.IntN(1 << 20), 0}}, {{doRedrive, 6, 0}}}
	story := []step{{doRefuse, 0, 0}, {doPublish, 30, 0}, {doRecord, 2000, 60}}
	if random.IntN(2) == 0 {
		for range 4 {
			story = append(story, step{doMend, random.IntN(1 << 20), random.IntN(4)})
		}
	}
	story = append(story, step{doLosePublishes, 0, 0}, step{doRedrive, 6, 0}, step{doDrop, 0, 0}, step{doStart, 0, 60}, step{doPublish, 0, 0}, step{doClock, random.IntN(7_200_000), 0})
	for range 1 + random.IntN(3) {
		story = append(story, decide[random.IntN(len(decide))]...)
	}
	story = append(story, step{doAllow, 0, 0}, step{doCalm, 0, 0}, step{doRecord, 2000, 60})
	kept := story[:0]
	for _, s := range story {
		if random.IntN(12) > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}
