package rabbitmq

import "recibo/queue"

// sizing is how many messages the server may send ahead. It counts messages,
// and Want bounds bytes too: so it follows the size of the messages seen.
type sizing struct {
	want     queue.Want
	mean     int // of the bodies seen lately, in bytes; 0: none seen
	prefetch int
}

const (
	firstGuess  = 4 << 10 // bytes of a message before any was seen
	memory      = 64      // of how many messages the mean knows
	maxPrefetch = 1<<16 - 1
)

func newSizing(w queue.Want) sizing {
	z := sizing{want: w}
	z.prefetch = z.fit()
	return z
}

// saw takes a body's size into the mean.
func (z *sizing) saw(size int) {
	if z.mean == 0 {
		z.mean = max(size, 1)
		return
	}
	z.mean = max(z.mean+(size-z.mean)/memory, 1)
}

// fit is how many messages make up three quarters of what is wanted: sizes
// differ.
func (z *sizing) fit() int {
	n := min(z.want.Messages, maxPrefetch)
	if z.want.Bytes > 0 {
		mean := z.mean
		if mean == 0 {
			mean = firstGuess
		}
		n = min(n, max(z.want.Bytes/4*3/mean, 1))
	}
	return n
}

// tooMuch says whether what is held exceeds what is wanted. One message is
// always allowed.
func (z *sizing) tooMuch(held, bytes int) bool {
	return z.want.Bytes > 0 && bytes > z.want.Bytes && held > 1
}

// shrink is for a server that has sent too much.
func (z *sizing) shrink() { z.prefetch = max(min(z.fit(), z.prefetch/2), 1) }

// grow says whether the server may send a good deal more than it does.
func (z *sizing) grow() bool {
	if z.fit() < 2*z.prefetch {
		return false
	}
	z.prefetch = z.fit()
	return true
}
