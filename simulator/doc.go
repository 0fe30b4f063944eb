// Package simulator makes fake Brazilian payments and publishes them, some of
// them faulty on purpose.
//
// A Generator is a pure function of seed, start and faults: it computes with
// integers only and asks neither clock nor machine, so that the same settings
// give the same bytes everywhere, and a reconciliation can make them again.
// A Simulator paces what a Generator makes and puts it on a queue.
//
// Way of a message: generator.go draws what it becomes, event.go makes the
// payment, encode.go writes it as one of the source systems does, reorder.go
// may hold it back, and simulator.go publishes it.
package simulator
