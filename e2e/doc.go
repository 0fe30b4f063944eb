// Package e2e holds tests of the whole program: the recibo binary as people run
// it, killed, starved and fed with rubbish.
package e2e
