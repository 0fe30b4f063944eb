package testserver_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// kcat runs a foreign client against a broker.
func kcat(t *testing.T, addr, input string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(testserver.Program(t, "kcat"), append([]string{"-q", "-b", addr, "-m", "3"}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// login is by PLAIN: Debian's kcat is refused by SCRAM, with the right password.
// The tests of queue/kafka log in by that.
var login = []string{"-X", "sasl.username=admin", "-X", "sasl.password=" + testserver.Password, "-X", "sasl.mechanism=PLAIN"}

func mustKcat(t *testing.T, addr, input string, args ...string) string {
	t.Helper()
	out, err := kcat(t, addr, input, args...)
	if err != nil {
		t.Fatalf("kcat %v: %v: %s", args, err, out)
	}
	return out
}

// TestKafkaKeepsWhatItAccepted through everything that can be done to it, and
// speaks on each of its ports.
func TestKafkaKeepsWhatItAccepted(t *testing.T) {
	t.Parallel()
	a := testserver.NewAuthority(t)
	s := testserver.NewKafka(t, testserver.TLS(a))
	topic := s.Topic(t)
	s.Tool(t, "kafka-topics.sh", "--bootstrap-server", s.Addr(), "--create", "--topic", topic, "--partitions", "1")
	consume := func(addr string, args ...string) string {
		return mustKcat(t, addr, "", append([]string{"-C", "-t", topic, "-e"}, args...)...)
	}
	want := ""
	for i, hurt := range []func(){
		func() {},
		func() { s.Kill(t); s.Start(t) },
		func() { s.Restart(t) },
		func() { s.Freeze(t); time.Sleep(200 * time.Millisecond); s.Thaw(t) },
	} {
		hurt()
		line := "event" + string(rune('0'+i)) + "\n"
		want += line
		mustKcat(t, s.Addr(), line, "-P", "-t", topic, "-X", "acks=all")
		if got := consume(s.Addr()); got != want {
			t.Fatalf("%q is there, want %q", got, want)
		}
	}
	if got := consume(s.SASLAddr(), append(slices.Clone(login), "-X", "security.protocol=sasl_plaintext")...); got != want {
		t.Errorf("by SASL: %q", got)
	}
	if got := consume(s.SASLTLSAddr(), append(slices.Clone(login), "-X", "security.protocol=sasl_ssl", "-X", "ssl.ca.location="+a.File())...); got != want {
		t.Errorf("by SASL with TLS: %q", got)
	}
	if got := consume(s.TLSAddr(), "-X", "security.protocol=ssl", "-X", "ssl.ca.location="+a.File()); got != want {
		t.Errorf("by TLS: %q", got)
	}
	if s.CPU() < time.Second || s.Resident() < 50<<20 || s.Version() == "?" {
		t.Errorf("CPU %v, resident %d, version %s", s.CPU(), s.Resident(), s.Version())
	}
}

// TestKafkaProxy: clients come back through the proxy that they came through.
func TestKafkaProxy(t *testing.T) {
	t.Parallel()
	s := testserver.Kafka(t)
	p := s.Proxy(t)
	if got := mustKcat(t, p.Addr(), "", "-L"); !strings.Contains(got, "broker 1 at "+p.Addr()) {
		t.Errorf("clients are told\n%s", got)
	}
	sasl := s.SASLProxy(t)
	if got := mustKcat(t, sasl.Addr(), "", append(slices.Clone(login), "-L", "-X", "security.protocol=sasl_plaintext")...); !strings.Contains(got, "broker 1 at "+sasl.Addr()) {
		t.Errorf("clients with a login are told\n%s", got)
	}
	p.Cut()
	if out, err := kcat(t, p.Addr(), "", "-L"); err == nil {
		t.Errorf("through a cut proxy: %s", out)
	}
	p.Restore()
	mustKcat(t, p.Addr(), "", "-L")
}
