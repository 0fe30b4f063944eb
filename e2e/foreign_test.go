package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/recorder"
)

// foreignEvents are what somebody else's program would send: ids that differ by
// case only, amounts at both ends and of currencies with other decimals, times
// with an offset and finer than a millisecond.
var foreignEvents = []string{
	`{"transaction_id":"E6070119020261123141503aB9xQ2Lk7","valor":"150.75","conta_pagador":"BR1800360305000010009795493C1","conta_beneficiario":"ação 1","data_hora":"2026-11-23T14:15:03.123999-03:00","metodo":"pix","origem":"agência"}`,
	`{"transaction_id":"E6070119020261123141503AB9XQ2LK7","amount":150.7,"payer_account":"a","payee_account":"b","occurred_at":"2026-11-23T23:59:59.999-03:00"}`,
	`{"transaction_id":"e6070119020261123141503ab9xq2lk7","amount":"0.01","payer_account":"a","payee_account":"a","occurred_at":"2026-02-28T21:00:00-03:00"}`,
	`{"transaction_id":"largest","amount":"999999999999.99","payer_account":"a","payee_account":"b","occurred_at":"2099-12-31T23:59:59.999Z"}`,
	`{"transaction_id":"yen","amount":"5","currency":"JPY","payer_account":"a","payee_account":"b","occurred_at":"2000-01-01T00:00:00Z"}`,
	`{"transaction_id":"dinar","amount":"1.234","currency":"KWD","payer_account":"a","payee_account":"b","occurred_at":"2026-01-01T00:00:00+14:00"}`,
	`{"transaction_id":"bad","amount":"1,50","payer_account":"a","payee_account":"b","occurred_at":"2026-01-01T00:00:00Z"}`,
}

// foreignRows are what stands in the table then, sorted by id byte by byte.
var foreignRows = []string{
	"E6070119020261123141503AB9XQ2LK7|150.70|BRL|2026-11-24 02:59:59.999",
	"E6070119020261123141503aB9xQ2Lk7|150.75|BRL|2026-11-23 17:15:03.123",
	"dinar|1.234|KWD|2025-12-31 10:00:00.000",
	"e6070119020261123141503ab9xq2lk7|0.01|BRL|2026-03-01 00:00:00.000",
	"largest|999999999999.99|BRL|2099-12-31 23:59:59.999",
	"yen|5|JPY|2000-01-01 00:00:00.000",
}

// TestClientsOfOthers records what clients publish that are not ours, and reads
// the tables with the databases' own clients.
func TestClientsOfOthers(t *testing.T) {
	for _, c := range []struct {
		name    string
		publish func(p *place, file string) // sets the queue's address too
		read    func(p *place) func() string
	}{
		{"kcat and mariadb", publishByKcat, readByMariaDB},
		{"boto3 and pymongo", publishByBoto3, readByPymongo},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			read := c.read(p)
			file := p.write("events.ndjson", strings.Join(foreignEvents, "\n")+"\n")
			c.publish(p, file)
			p.run(0, nil, "record", "--migrate", "--until-idle", "1s")
			if got := strings.Fields(strings.ReplaceAll(read(), " ", "_")); strings.Join(got, "\n") != strings.ReplaceAll(strings.Join(foreignRows, "\n"), " ", "_") {
				t.Errorf("the table has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(foreignRows, "\n"))
			}
			var status struct {
				Quarantine struct {
					Held int64 `json:"held"`
				} `json:"quarantine"`
			}
			p.run(0, &status, "status", "--output", "json")
			if status.Quarantine.Held != 1 {
				t.Errorf("%d entries are held, want the one with a comma", status.Quarantine.Held)
			}
		})
	}
}

func publishByKcat(p *place, file string) {
	s := testserver.Kafka(p.t)
	topic := s.Topic(p.t)
	p.env = append(p.env, "RECIBO_QUEUE="+s.URL("", topic, "recibo"))
	p.run(0, nil, "migrate", "--queue", s.URL("", topic, "recibo"))
	runProgram(p.t, testserver.Program(p.t, "kcat"), "-P", "-b", s.Addr(), "-t", topic, "-l", file)
}

func publishByBoto3(p *place, file string) {
	s := testserver.ElasticMQ(p.t)
	queue := s.Queue(p.t)
	p.env = append(append(p.env, s.Env()...), "RECIBO_QUEUE="+s.URL(queue))
	p.run(0, nil, "migrate", "--queue", s.URL(queue))
	p.python(`
import boto3, sys
sqs = boto3.client("sqs", endpoint_url="http://" + sys.argv[1], region_name="us-east-1")
url = sqs.get_queue_url(QueueName=sys.argv[2])["QueueUrl"]
for line in open(sys.argv[3], encoding="utf-8"):
    sqs.send_message(QueueUrl=url, MessageBody=line.rstrip("\n"))
`, s.Addr(), queue, file)
}

func readByMariaDB(p *place) func() string {
	s := testserver.MariaDB(p.t)
	database := s.Database(p.t)
	p.env = append(p.env, "RECIBO_STORE="+s.URL("root", database))
	return func() string {
		return s.SQL(p.t, database, "SELECT concat_ws('|', transaction_id, amount, currency, occurred_at) FROM payments ORDER BY BINARY transaction_id")
	}
}

func readByPymongo(p *place) func() string {
	s := testserver.SecantusDB(p.t)
	url := s.URL("", s.Database(p.t))
	p.env = append(p.env, "RECIBO_STORE="+url)
	return func() string {
		return p.python(`
import pymongo, sys
db = pymongo.MongoClient(sys.argv[1]).get_default_database()
for d in db.payments.find().sort("_id"):
    at = d["occurred_at"].isoformat(sep=" ", timespec="milliseconds")
    print(d["_id"], d["amount"].to_decimal(), d["currency"], at, sep="|")
`, url)
	}
}

// python runs a program with boto3 and pymongo and returns what it prints.
func (p *place) python(program string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(testserver.Python(p.t, "clients"), "python"), append([]string{"-c", program}, args...)...)
	cmd.Env = append(os.Environ(), p.env...)
	out, err := cmd.Output()
	if err != nil {
		said := ""
		if e, ok := err.(*exec.ExitError); ok {
			said = string(e.Stderr)
		}
		p.t.Fatalf("python: %v\n%s", err, said)
	}
	return string(out)
}

// TestGroupsOfPayers: on a FIFO queue the payments of one payer are one message
// group, named by a hash, and they are recorded.
func TestGroupsOfPayers(t *testing.T) {
	t.Parallel()
	s := testserver.ElasticMQ(t)
	queue := s.Queue(t) + ".fifo"
	p := newPlace(t)
	p.env = append(s.Env(), "RECIBO_QUEUE="+s.URL(queue))
	line := func(id, payer string) string {
		return fmt.Sprintf(`{"transaction_id":%q,"amount":"1.00","payer_account":%q,"payee_account":"shop","occurred_at":"2026-01-01T00:00:00Z"}`, id, payer)
	}
	p.publishLines([]string{line("1", "BR-anna"), line("2", "BR-bert"), line("3", "BR-anna"), "no event"})
	got := p.python(`
import boto3, sys
sqs = boto3.client("sqs", endpoint_url="http://" + sys.argv[1], region_name="us-east-1")
url = sqs.get_queue_url(QueueName=sys.argv[2])["QueueUrl"]
left = 4
while left:
    for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=2, WaitTimeSeconds=1,
            AttributeNames=["All"], MessageAttributeNames=["All"]).get("Messages", []):
        left -= 1
        assert "BR-" not in str(m["Attributes"]) + str(m.get("MessageAttributes")), m
        print(m["Body"][19:20], m["Attributes"]["MessageGroupId"])
`, s.Addr(), queue)
	groups := map[string]string{}
	for line := range strings.Lines(got) {
		id, group, _ := strings.Cut(strings.TrimSpace(line), " ")
		groups[id] = group
	}
	if len(groups) != 4 || groups["1"] != groups["3"] || groups["1"] == groups["2"] || len(groups["1"]) < 16 {
		t.Errorf("message groups %v", groups)
	}
	time.Sleep(2 * time.Second) // what boto3 has taken is hidden for so long
	var r recorder.Result
	p.run(0, &r, "record", "--until-idle", "1s", "--output", "json")
	if r.Recorded != 3 || r.Quarantined["malformed"] != 1 {
		t.Errorf("%+v, want 3 recorded and one malformed", r)
	}
}
