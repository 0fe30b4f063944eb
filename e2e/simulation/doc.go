// Package simulation runs recorders, redrives and people at the quarantine's
// desk in memory, on a clock of their own, through faults that are drawn from a
// seed, and holds a small model of the invariants against the store after every
// step.
//
// plan_test.go draws what happens, world_test.go makes it happen,
// process_test.go lets a process die at any call of a port, people_test.go acts
// as operators do, model_test.go and history_test.go know what must be true,
// minimise_test.go cuts a plan that fails down to the steps that matter. A
// failing plan that was mended stays in testdata and is run each time.
package simulation
