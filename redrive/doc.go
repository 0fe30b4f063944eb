// Package redrive is what people do about held entries: it sends them back
// through the queue in runs that survive a kill, says beforehand what would
// become of them, and mends, discards and purges them.
//
// A run is a row: redrive.go begins, resumes and cancels it, run.go walks the
// selection (selection.go) and moves entries, send.go publishes them, wait.go
// passes the time while queue or store is down, settle.go says what became of
// them. fate.go and preview.go predict; desk.go, mend.go and purge.go are the
// acts without a queue.
package redrive
