package store

import (
	"context"
	"time"

	"recibo/payment"
	"recibo/quarantine"
)

// MaxPage is the most that one page holds; a query that asks for more, or for
// nothing, gets this many.
const MaxPage = 1000

// Reader answers questions from what is committed. Lists are keyset pages.
type Reader interface {
	Totals(ctx context.Context) (Totals, error)
	Payments(ctx context.Context, q PaymentQuery) (Page[Payment], error)
	Entries(ctx context.Context, q EntryQuery) (Page[quarantine.Entry], error)
	Causes(ctx context.Context, q EntryQuery) ([]Cause, error)
	History(ctx context.Context, entryID string) ([]quarantine.HistoryLine, error)
	Outages(ctx context.Context, q OutageQuery) (Page[Outage], error)
}

// Page is one page of a list. Next is the cursor of the following page, empty
// on the last.
type Page[T any] struct {
	Items []T
	Next  string
}

// Order is how a list is sorted.
type Order int

// The orders.
const (
	NewestFirst Order = iota // by time, newest first, then by id
	ByID                     // by id in byte order: for streams and merge joins
)

// PaymentQuery selects payments; what is zero does not restrict. Since is
// inclusive, Until exclusive, both over occurred_at.
type PaymentQuery struct {
	IDs          []string // at most MaxPage
	Since, Until time.Time
	Account      string // payer or payee
	Source       string
	Min, Max     *payment.Money // inclusive; restrict to their currency
	Order        Order
	Limit        int
	After        string // a cursor
}

// EntryQuery selects entries; what is zero does not restrict. Since is
// inclusive, Until exclusive, both over last_seen_at. NewestFirst sorts by
// first_seen_at, which never moves.
type EntryQuery struct {
	IDs            []string // at most MaxPage
	TransactionIDs []string // at most MaxPage
	Reasons        []quarantine.Reason
	States         []quarantine.State
	Since, Until   time.Time
	SeenBefore     time.Time // first seen before this
	Field          string    // with an error in this field
	RedriveID      string    // redriven last by this run
	Order          Order
	Limit          int
	After          string // a cursor
	WithoutBody    bool   // leave Body nil; a mended body is read in any case
}

// OutageQuery selects outages, the latest first.
type OutageQuery struct {
	OpenOnly bool
	Limit    int
	After    string // a cursor
}

// Totals are the sums of the tally and the states of the quarantine.
type Totals struct {
	Recorded    int64
	Amount      map[payment.Currency]payment.Total // of what is recorded
	Duplicates  int64
	Controls    int64                       // deliveries of control totals, but for those in quarantine
	Quarantined map[quarantine.Reason]int64 // deliveries that were quarantined
	States      map[quarantine.State]int64  // entries by their state now
	HeldBy      map[quarantine.Reason]int64 // held entries by their reason now
	OutagesOpen int64
	Outages     int64
}

// Cause is a group of entries that share reason, and field and code of their
// first field error.
type Cause struct {
	Reason     quarantine.Reason
	Field      string
	Code       string
	Entries    int64
	Seen       int64                              // deliveries
	Amount     map[payment.Currency]payment.Total // money at stake, where readable
	Unreadable int64                              // entries without a readable amount
	Oldest     time.Time
	Newest     time.Time
	ExampleID  string
}
