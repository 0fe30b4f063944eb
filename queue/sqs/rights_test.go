package sqs_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/sqs"
)

// TestPoliciesNameWhatIsCalled: each role's policy has the actions of the
// operations that its work calls, and no others.
func TestPoliciesNameWhatIsCalled(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	for _, suffix := range []string{"", ".fifo"} {
		address := with(server.URL(server.Queue(t)+suffix), "visibility_timeout", "2")
		text, err := sqs.Commands(address)
		if err != nil {
			t.Fatal(err)
		}
		policies := policiesIn(t, text)
		works := map[int]func(*sqs.Broker){
			0: func(b *sqs.Broker) { record(t, b) },
			1: func(b *sqs.Broker) { publish(t, b, numbered(0, 30)) },
			2: func(b *sqs.Broker) {
				if err := b.Setup(t.Context()); err != nil {
					t.Fatal(err)
				}
			},
		}
		for _, role := range []int{2, 1, 0} {
			front := inFront(t, server)
			works[role](dial(t, through(front.addr, address)))
			if diff := cmp.Diff(policies[role], actions(front)); diff != "" {
				t.Errorf("role %d: -granted +called\n%s", role, diff)
			}
		}
	}
}

// record does everything that a recorder does.
func record(t *testing.T, b *sqs.Broker) {
	t.Helper()
	s := source(t, b, 100)
	ack(t, s, collect(t, s, 10, patience))
	time.Sleep(1500 * time.Millisecond) // a heartbeat
	closing(t, s)
	dead, err := b.Source(t.Context(), queue.Want{Messages: 1, DeadLetters: true})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, dead)
	if _, err := b.Depth(t.Context()); err != nil {
		t.Error(err)
	}
	if err := b.Setup(t.Context()); err != nil { // finds everything made
		t.Error(err)
	}
}

// actions are those of IAM that the calls need.
func actions(f *front) []string {
	var all []string
	for _, operation := range f.operations() {
		all = append(all, "sqs:"+strings.TrimSuffix(operation, "Batch"))
	}
	if creates := f.asked("CreateQueue"); len(creates) > 0 && strings.Contains(creates[0], `"tags"`) {
		all = append(all, "sqs:TagQueue")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// policiesIn returns the actions of each policy, in the order of the text.
func policiesIn(t *testing.T, text string) [][]string {
	t.Helper()
	var all [][]string
	for _, part := range strings.Split(text, "\n{\n")[1:] {
		end := strings.Index(part, "\n}\n")
		var policy struct {
			Version   string
			Statement []struct {
				Effect           string
				Action, Resource []string
			}
		}
		if err := json.Unmarshal([]byte("{"+part[:end]+"}"), &policy); err != nil {
			t.Fatalf("%v in\n%s", err, part)
		}
		if len(policy.Statement) != 1 || policy.Statement[0].Effect != "Allow" {
			t.Fatalf("policy %+v", policy)
		}
		all = append(all, policy.Statement[0].Action)
	}
	if len(all) != 3 {
		t.Fatalf("%d policies in\n%s", len(all), text)
	}
	return all
}

// TestCommands: what is printed makes what Setup makes. The commands run in a
// shell; aws is a script that does with boto3 what AWS's own would.
func TestCommands(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	python := filepath.Join(testserver.Python(t, "clients"), "python")
	bin := t.TempDir()
	script, err := os.ReadFile("testdata/aws.py")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "aws"), append([]byte("#!"+python+"\n"), script...), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", ".fifo"} {
		name := server.Queue(t)
		ours, theirs := inFront(t, server), inFront(t, server)
		ready(t, through(ours.addr, server.URL(name+"_a"+suffix)))
		text, err := sqs.Commands(through(theirs.addr, server.URL(name+"_b"+suffix)))
		if err != nil {
			t.Fatal(err)
		}
		commands, _, _ := strings.Cut(text, "\n\n")
		run := exec.Command("sh", "-ec", commands)
		run.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, out, commands)
		}
		ready(t, server.URL(name+"_b"+suffix)) // finds everything as it would have made it
		if diff := cmp.Diff(creations(t, ours, name+"_a"), creations(t, theirs, name+"_b")); diff != "" {
			t.Errorf("-Setup +commands\n%s", diff)
		}
		api := plain(t, server)
		for _, dead := range []string{"", "-dlq"} {
			a, b := attributesOf(t, api, name+"_a"+dead+suffix), attributesOf(t, api, name+"_b"+dead+suffix)
			for _, own := range []string{"CreatedTimestamp", "LastModifiedTimestamp"} {
				delete(a, own)
				delete(b, own)
			}
			for key, value := range b {
				b[key] = strings.ReplaceAll(value, name+"_b", name+"_a")
			}
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("-Setup +commands\n%s", diff)
			}
		}
	}
}

// creations are the requests that made queues, with name written as NAME.
func creations(t *testing.T, f *front, name string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, body := range f.asked("CreateQueue") {
		var each map[string]any
		if err := json.Unmarshal([]byte(strings.ReplaceAll(body, name, "NAME")), &each); err != nil {
			t.Fatal(err)
		}
		all = append(all, each)
	}
	if len(all) != 2 {
		t.Errorf("%d queues were made, want 2", len(all))
	}
	return all
}

func TestCommandsForOddAddresses(t *testing.T) {
	text, err := sqs.Commands("sqs://cn-north-1/pay?account=123456789012&dead_letters=dead&max_receive_count=7")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"arn:aws-cn:sqs:cn-north-1:123456789012:pay"`, `"arn:aws-cn:sqs:cn-north-1:123456789012:dead"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "create-queue") {
		t.Error("it makes a queue of another account")
	}
	if _, err := sqs.Commands("sqs://sa-east-1/"); err == nil {
		t.Error("a bad address was taken")
	} else if _, ok := errors.AsType[*queue.ConfigError](err); !ok {
		t.Error(err)
	}
}
