// Package queuetest tests adapters of the queue port and what stands on them.
//
// Run is the conformance suite that every adapter passes, with its differences
// declared and reasoned in Traits. Memory is a broker without a server. Faulty
// wraps any broker and makes it fail as real ones do.
package queuetest
