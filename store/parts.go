package store

// Every Tx and Reader has all parts, each its own small interface for those who
// need nothing else. The functions below name the part; storetest checks that
// every store has it.

// Controls returns the part of a transaction that keeps control totals.
func Controls(tx Tx) ControlTx { return tx.(ControlTx) }

// Desk returns the part of a transaction that decides about what is held.
func Desk(tx Tx) DeskTx { return tx.(DeskTx) }

// ReadControls returns the part of a reader that answers about control totals.
func ReadControls(r Reader) ControlReader { return r.(ControlReader) }

// ReadRedrives returns the part of a reader that answers about redrives.
func ReadRedrives(r Reader) RedriveReader { return r.(RedriveReader) }
