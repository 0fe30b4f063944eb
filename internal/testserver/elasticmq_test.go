package testserver_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// asks ElasticMQ by its old query protocol.
func asks(t *testing.T, s *testserver.ElasticMQServer, path string, words ...string) string {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(words); i += 2 {
		form.Set(words[i], words[i+1])
	}
	answer, err := http.PostForm("http://"+s.Addr()+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestElasticMQKilled(t *testing.T) {
	t.Parallel()
	s := testserver.NewElasticMQ(t, testserver.Persistent())
	name := s.Queue(t)
	asks(t, s, "/", "Action", "CreateQueue", "QueueName", name)
	asks(t, s, "/000000000000/"+name, "Action", "SendMessage", "MessageBody", "kept")
	before, addr := s.CPU(), s.Addr()
	s.Kill(t)
	if err := s.Answers(time.Second); err == nil {
		t.Error("it answers after kill -9")
	}
	s.Start(t)
	if s.Addr() != addr || s.CPU() <= before || s.Resident() < 1<<20 {
		t.Errorf("address %s became %s, CPU %v after %v, resident %d", addr, s.Addr(), s.CPU(), before, s.Resident())
	}
	if got := asks(t, s, "/000000000000/"+name, "Action", "ReceiveMessage"); !strings.Contains(got, "kept") {
		t.Errorf("after kill -9: %s", got)
	}
	s.Freeze(t)
	if err := s.Answers(300 * time.Millisecond); err == nil {
		t.Error("it answers while frozen")
	}
	s.Thaw(t)
	if err := s.Answers(10 * time.Second); err != nil {
		t.Error(err)
	}
}

// TestElasticMQForgets: without Persistent it begins empty.
func TestElasticMQForgets(t *testing.T) {
	t.Parallel()
	s := testserver.NewElasticMQ(t)
	name := s.Queue(t)
	asks(t, s, "/", "Action", "CreateQueue", "QueueName", name)
	if got := asks(t, s, "/", "Action", "ListQueues"); !strings.Contains(got, name) {
		t.Errorf("before: %s", got)
	}
	s.Restart(t)
	if got := asks(t, s, "/", "Action", "ListQueues"); strings.Contains(got, name) {
		t.Errorf("after: %s", got)
	}
}

func TestElasticMQSettings(t *testing.T) {
	t.Parallel()
	open := testserver.ElasticMQ(t)
	if open != testserver.ElasticMQ(t) {
		t.Error("two servers")
	}
	if err := testserver.Outside("hurt", func(t testing.TB) { open.Kill(t) }); err == nil || !strings.Contains(err.Error(), "NewElasticMQ") {
		t.Errorf("killing the shared one: %v", err)
	}
	if u, err := url.Parse(open.URL("x.fifo")); err != nil || u.Path != "/x.fifo" || u.Query().Get("endpoint") != "http://"+open.Addr() {
		t.Errorf("the address is %s", open.URL("x.fifo"))
	}
	env := strings.Join(open.Env(), " ")
	if !strings.Contains(env, "AWS_SECRET_ACCESS_KEY="+testserver.Password) || strings.Contains(env, os.Getenv("HOME")+"/.aws") {
		t.Errorf("the environment is %s", env)
	}
	err := testserver.Outside("inner", func(t testing.TB) { testserver.NewElasticMQ(t, testserver.Setting("rest-sqs.sqs-limits", "none")) })
	if err == nil {
		t.Error("a limit that does not exist was taken")
	}
}
