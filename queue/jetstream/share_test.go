package jetstream_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"recibo/queue/jetstream"
)

type hostFile struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	PID     int    `json:"pid"`
}

func readHost(t *testing.T, dir string) hostFile {
	t.Helper()
	path := filepath.Join(dir, "host.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("host.json has mode %v, want 0600", info.Mode().Perm())
	}
	var h hostFile
	text, _ := os.ReadFile(path)
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// foreign connects to the embedded queue as any NATS client would.
func foreign(t *testing.T, dir string) *nats.Conn {
	t.Helper()
	h := readHost(t, dir)
	nc, err := nats.Connect("nats://"+h.Address, nats.Token(h.Token))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestForeignClientsMessageIsReceived(t *testing.T) {
	dir := t.TempDir()
	b := embedded(t, dir)
	if err := foreign(t, dir).Publish("payments", []byte(`{"valor":"1.00"}`)); err != nil {
		t.Fatal(err)
	}
	d := collect(t, source(t, b, 10), 1, 2*time.Second)[0]
	if d.ID != "" || d.Key != "" || len(d.Headers) != 0 || string(d.Body) != `{"valor":"1.00"}` || d.Position != "payments@1" || d.Attempt != 1 {
		t.Errorf("received %+v", d)
	}
}

func TestTokenIsRequired(t *testing.T) {
	dir := t.TempDir()
	embedded(t, dir)
	if nc, err := nats.Connect("nats://" + readHost(t, dir).Address); err == nil {
		nc.Close()
		t.Fatal("a client without the token was let in")
	}
}

// TestAllStartAtOnce: exactly one hosts, and all work.
func TestAllStartAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	brokers := make([]*jetstream.Broker, 5)
	for i := range brokers {
		wait.Go(func() {
			b, err := jetstream.OpenEmbedded(t.Context(), dir, jetstream.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			brokers[i] = b
		})
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	for i, b := range brokers {
		publish(t, b, numbered(i*10, i*10+10))
	}
	distinct(t, collect(t, source(t, brokers[2], 100), 50, 5*time.Second), 50)
	for _, b := range brokers {
		closing(t, b)
	}
}

// TestHostClosesPolitely: a client takes over, consumes and publishes on.
func TestHostClosesPolitely(t *testing.T) {
	dir := t.TempDir()
	host, client := embedded(t, dir), embedded(t, dir)
	s := source(t, client, 100)
	defer closing(t, s)
	publish(t, host, numbered(0, 10))
	seen := map[string]bool{}
	readUntil(t, s, seen, func() bool { return len(seen) == 10 })
	before := readHost(t, dir)
	closing(t, host)
	closed := time.Now()
	publishAgain(t, client, numbered(10, 20))
	readUntil(t, s, seen, func() bool { return len(seen) == 20 })
	t.Logf("receiving again %v after the host closed", time.Since(closed))
	if after := readHost(t, dir); after == before {
		t.Error("host.json still names the host that closed")
	}
}

// TestStaleHostFile: a file of a dead host does not mislead, even when
// something else listens where it was.
func TestStaleHostFile(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for name, text := range map[string]string{
		"nobody there":  `{"address":"127.0.0.1:1","token":"t","pid":1}`,
		"somebody else": `{"address":"` + other.Addr().String() + `","token":"t","pid":1}`,
		"half written":  `{"addr`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "host.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			b := embedded(t, dir)
			publish(t, b, numbered(0, 1))
			collect(t, source(t, b, 1), 1, 2*time.Second)
		})
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	dir := t.TempDir()
	host, client := embedded(t, dir), embedded(t, dir)
	publish(t, client, numbered(0, 10))
	collect(t, source(t, client, 10), 10, 2*time.Second)
	closing(t, client) // with an open source
	closing(t, host)
	goleak.VerifyNone(t, before)
	if _, err := os.Stat(filepath.Join(dir, "host.json")); err == nil {
		t.Error("host.json is still there")
	}
}
