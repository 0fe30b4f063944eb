// Package testserver installs, starts, kills, freezes and restarts the real
// servers of the tests, on loopback, and puts a fault proxy before them.
//
// # In a test
//
// A package that uses servers has them stopped after its tests:
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }
//
// A test that only needs a server takes the shared one, and in it a database or
// virtual host of its own:
//
//	s := testserver.Postgres(t)
//	db, err := sql.Open("pgx", s.URL("postgres", s.Database(t)))
//
// A test that hurts its server starts one for itself, which takes PostgreSQL a
// second and RabbitMQ six:
//
//	s := testserver.NewRabbitMQ(t, testserver.Setting("consumer_timeout", "60000"))
//	s.Kill(t)
//	s.Start(t) // the same ports, the same data
//
// and one that hurts connections puts a Proxy between. A server that cannot be
// had here skips the test with the reason; one that is there and does not start
// fails it. All is as well on a machine with other servers: each has its own
// free ports on 127.0.0.1, data folder, node name and epmd.
//
// # Running
//
// Any package runs alone: go test ./store/postgres starts what it needs. For
// many packages, `make test` starts the shared servers once, by
//
//	go run ./internal/testserver/shared -- COMMAND
//
// which announces them to COMMAND in RECIBO_TEST_SERVERS. If none of them
// answers, each package starts its own. What is missing is installed with apt
// if we are root; packages.go names what. RECIBO_TEST_PROGRAMS, a list of
// folders like PATH, replaces where programs are looked for.
//
// # Looking at a server
//
// A test that fails shows the end of its private server's log. To keep more,
// set RECIBO_TEST_KEEP=1: databases, virtual hosts and the folders of servers
// stay. To have servers for as long as one likes:
//
//	RECIBO_TEST_KEEP=1 go run ./internal/testserver/shared -- bash
//
// says where they are; the accounts are postgres and admin, with Password.
// Tests that are run from that shell use them.
//
// # What is left
//
// Servers die with the process that started them, however that dies, frozen or
// not; the next run removes the folders that one had to leave.
package testserver
