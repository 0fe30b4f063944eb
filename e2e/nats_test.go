package e2e_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const natsPassword = "s3cr3t-of-the-queue"

// startNATS runs a NATS server with JetStream that asks for a password, and
// returns its host and port.
func startNATS(t *testing.T, dir string, port int) (*server.Server, string) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir,
		Username: "app", Password: natsPassword, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	return s, s.Addr().String()
}

// TestServerOfYours: the same commands on a NATS server with a password, which
// is restarted while payments flow; a message of a client that is not ours is
// recorded; the password shows nowhere.
func TestServerOfYours(t *testing.T) {
	p := newPlace(t)
	dir := t.TempDir()
	nats1, address := startNATS(t, dir, -1)
	port := 0
	if _, err := fmt.Sscanf(address, "127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RECIBO_QUEUE", "nats://app:"+natsPassword+"@"+address+"/payments")

	recorder := p.start("record", "--until-idle", "4s")
	simulator := p.start("simulate", "--count", "10000", "--rate", "2500", "--seed", "11")
	time.Sleep(1500 * time.Millisecond)
	nats1.Shutdown()
	nats1.WaitForShutdown()
	time.Sleep(1500 * time.Millisecond)
	nats2, _ := startNATS(t, dir, port)
	defer nats2.Shutdown()
	publishByHand(t, address)
	if err := simulator.Wait(); err != nil {
		t.Errorf("the simulator did not get over the restart: %v", err)
	}
	if err := recorder.Wait(); err != nil {
		t.Errorf("the recorder did not get over the restart: %v", err)
	}
	var r reconciled
	p.run(1, &r, "reconcile", "--seed", "11", "--count", "10000", "--output", "json")
	if r.Missing != 0 || r.Differing != 0 || r.Unexpected != 1 || r.Accounted != 10_000 {
		t.Errorf("reconcile says %+v, want everything accounted for and one payment by hand", r)
	}
	if n := p.value(p.open(), "SELECT count(*) FROM outages WHERE component = 'queue' AND ended_at IS NOT NULL"); n == 0 {
		t.Error("the outage of the queue was not written")
	}
	for _, said := range []any{recorder.Stderr, simulator.Stderr} {
		if strings.Contains(said.(*bytes.Buffer).String(), natsPassword) {
			t.Error("the password was logged")
		}
	}
	if n := p.value(p.open(), "SELECT count(*) FROM payments WHERE queue LIKE '%"+natsPassword+"%'"); n != 0 {
		t.Error("the password was written to the database")
	}
}

// publishByHand publishes as any NATS client would.
func publishByHand(t *testing.T, address string) {
	t.Helper()
	nc, err := nats.Connect(address, nats.UserInfo("app", natsPassword))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Publish("payments", []byte(handwritten("by-hand", "150.75"))); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}
