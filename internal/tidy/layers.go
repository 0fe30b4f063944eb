package tidy

import "slices"

// layer says what a package may import of the tree. Names are folders; queue/*
// stands for every folder in queue but the suite, which is only ever named.
type layer struct {
	dir     string
	imports []string
	tests   []string // what its test files may import besides
}

// layers is the picture of docs/ARCHITECTURE.md as a table: payments flow from
// its top to its bottom, imports point up. The first line that fits a package
// counts.
var layers = []layer{
	{dir: "payment"},
	{dir: "wire", imports: []string{"payment"}},
	{dir: "ledger", imports: []string{"payment"}},
	{dir: "quarantine", imports: []string{"payment"}},

	{dir: "queue"},
	{dir: "queue/adapter", imports: []string{"queue"}},
	{dir: "queue/queuetest", imports: []string{"queue"}},
	{dir: "queue/*", imports: []string{"queue", "queue/adapter"}},

	{dir: "store", imports: []string{"payment", "quarantine"}},
	{dir: "store/storetest", imports: []string{"payment", "quarantine", "store"}},
	{dir: "store/connpool"},
	{dir: "store/*", imports: []string{"payment", "quarantine", "store", "store/connpool"}},

	{dir: "recorder", imports: []string{"payment", "wire", "quarantine", "queue", "store"}},
	{dir: "redrive", imports: []string{"payment", "wire", "quarantine", "queue", "store"}, tests: []string{"recorder"}},
	{dir: "reconcile", imports: []string{"payment", "wire", "quarantine", "store", "ledger"}},
	{dir: "simulator", imports: []string{"payment", "wire", "queue", "ledger"}},
	{dir: "web", imports: []string{"payment", "quarantine", "store"}},

	{dir: "internal/config"},
	{dir: "internal/testserver"},
	{dir: "internal/testserver/shared", imports: []string{"internal/testserver"}},
	{dir: "internal/tidy"},
	// The composition root: the only one that knows every adapter.
	{dir: "internal/app", imports: slices.Concat(domain, adapters, []string{"internal/config"})},
	{dir: "internal/cli", imports: slices.Concat(domain, []string{"internal/config", "internal/app"}), tests: adapters},
	{dir: "cmd/recibo", imports: []string{"internal/cli"}},

	// What looks at the whole from outside.
	{dir: "e2e", imports: everything},
	{dir: "e2e/*", imports: everything},
	{dir: "bench", imports: everything},
	{dir: "tools/*"}, // a module of its own
}

// domain is everything that is no adapter and does not compose.
var domain = []string{
	"payment", "wire", "ledger", "quarantine", "queue", "store",
	"recorder", "redrive", "reconcile", "simulator", "web",
}

var adapters = []string{"queue/*", "store/*"}

// suites are packages that only tests need.
var suites = []string{"queue/queuetest", "store/storetest", "internal/testserver"}

// everything is for programs that measure or break the whole.
var everything = slices.Concat([]string{"*", "*/*"}, suites)

// everyTest is what any test file may import: it makes payments, feeds them
// through an in-memory queue or store, and looks at what came out.
var everyTest = slices.Concat(suites, []string{
	"payment", "wire", "ledger", "quarantine", "queue", "store",
})

// drivers are modules that speak to one system, or to the terminal, and the
// only folders whose source may know them.
var drivers = map[string][]string{
	"github.com/nats-io/":       {"queue/jetstream"},
	"github.com/rabbitmq/":      {"queue/rabbitmq"},
	"github.com/twmb/":          {"queue/kafka"},
	"github.com/aws/":           {"queue/sqs"},
	"modernc.org/sqlite":        {"store/sqlite"},
	"github.com/jackc/":         {"store/postgres"},
	"github.com/go-sql-driver/": {"store/mysql"},
	"go.mongodb.org/":           {"store/mongodb"},
	"github.com/pressly/":       {"store"},
	"github.com/spf13/cobra":    {"internal/cli"},
	"github.com/knadh/koanf":    {"internal/config"},
}
