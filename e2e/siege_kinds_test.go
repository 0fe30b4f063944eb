package e2e_test

import (
	"slices"
	"time"

	"recibo/e2e/campaign"
)

// kind is a kind of fault. Its name stands in reports that are added to for
// weeks: it never changes.
type kind struct {
	name string
	// strike ends with servers and connections as they were before.
	strike func(*siege)
	// patience is how much longer than usual recording may take to go on.
	patience time.Duration
}

// kindsOf are the kinds that can be thrown at a pair.
func kindsOf(queue, store string) []kind {
	all := slices.Concat(ownKinds, queueKinds[queue], storeKinds[store])
	all = append(all, giantKind)
	if queue != "sqs" { // ElasticMQ takes minutes for 100,000 messages
		all = append(all, equalFlood)
	}
	if queue != "sqs" && store != "mongodb" { // SecantusDB takes seconds to count 100,000 entries
		all = append(all, distinctFlood)
	}
	return all
}

// partitionMissing needs a partitioned table: the run begins with it.
const partitionMissing = "postgres: partition missing"

func queueOf(s *siege) *side { return &s.queue }
func storeOf(s *siege) *side { return &s.store }

var (
	// ownKinds strike what is Recibo's.
	ownKinds = []kind{
		{name: "recorder: killed", strike: (*siege).killRecorder},
		{name: "recorder: stopped", strike: (*siege).stopRecorder},
		{name: "recorder: frozen", strike: (*siege).freezeRecorder},
		{name: "simulator: killed", strike: (*siege).killSimulator},
		{name: "redrive: killed", strike: (*siege).killRedrive, patience: 30 * time.Second},
	}
	equalFlood    = kind{name: "flood: 100,000 equal poison messages", strike: func(s *siege) { s.flood(true) }, patience: 2 * time.Minute}
	distinctFlood = kind{name: "flood: 100,000 distinct poison messages", strike: func(s *siege) { s.flood(false) }, patience: 2 * time.Minute}
	giantKind     = kind{name: "flood: one message of 64 MB", strike: (*siege).giant, patience: time.Minute}
	queueKinds    = map[string][]kind{
		"embedded": nil, // it is inside of recorder and simulator
		"rabbitmq": slices.Concat(serverKinds("rabbitmq", queueOf), wireKinds("rabbitmq", queueOf), ackKinds("rabbitmq", "\x00\x3c\x00\x50")),
		"kafka":    slices.Concat(serverKinds("kafka", queueOf), wireKinds("kafka", queueOf), ackKinds("kafka", "\x00\x08\x00\x0a")),
		"sqs":      slices.Concat(serverKinds("sqs", queueOf), wireKinds("sqs", queueOf), ackKinds("sqs", "DeleteMessageBatch")),
	}
	storeKinds = map[string][]kind{
		"sqlite": append(diskKinds("sqlite"),
			kind{name: "sqlite: locked", strike: (*siege).lockFile},
			kind{name: "sqlite: table renamed", strike: (*siege).renameTable},
		),
		"postgres": slices.Concat(serverKinds("postgres", storeOf), wireKinds("postgres", storeOf), commitKinds("postgres", "commit", "COMMIT"),
			diskKinds("postgres"), tableKinds("postgres"), []kind{
				{name: "postgres: too many connections", strike: (*siege).takeConnections},
				{name: "postgres: statement timeout", strike: (*siege).timeOutOnPostgres},
				{name: partitionMissing, strike: (*siege).detachPartition},
			}),
		"mysql": slices.Concat(serverKinds("mysql", storeOf), wireKinds("mysql", storeOf), commitKinds("mysql", "commit", ""),
			tableKinds("mysql"), []kind{
				{name: "mysql: too many connections", strike: (*siege).takeConnections},
				{name: "mysql: statement timeout", strike: (*siege).timeOutOnMySQL},
			}),
		"mongodb": slices.Concat(serverKinds("mongodb", storeOf), wireKinds("mongodb", storeOf), commitKinds("mongodb", "commitTransaction", ""),
			[]kind{{name: "mongodb: collection renamed", strike: (*siege).renameCollection}}),
	}
)

func tableKinds(system string) []kind {
	return []kind{
		{name: system + ": column dropped", strike: (*siege).dropColumn},
		{name: system + ": table renamed", strike: (*siege).renameTable},
	}
}

func diskKinds(system string) []kind {
	return []kind{
		{name: system + ": disk full", strike: (*siege).fillDisk},
		{name: system + ": disk read-only", strike: (*siege).breakDisk},
	}
}

// kindsNamed finds the kinds of an offer again.
func kindsNamed(o campaign.Offer) []kind {
	var found []kind
	for _, name := range o.Kinds {
		for _, k := range kindsOf(o.Queue, o.Store) {
			if k.name == name {
				found = append(found, k)
			}
		}
	}
	return found
}
