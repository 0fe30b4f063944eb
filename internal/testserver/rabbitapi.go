package testserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"testing"
	"time"
)

// VirtualHost makes an empty virtual host, deleted at the end of the test, in
// which admin may do everything, and returns its name.
func (s *RabbitServer) VirtualHost(t testing.TB) string {
	t.Helper()
	name := unique(t.Name())
	s.API(t, "PUT", "/api/vhosts/"+name, nil, nil)
	s.API(t, "PUT", "/api/permissions/"+name+"/admin", permissions{".*", ".*", ".*"}, nil)
	s.cleanup(t, "/api/vhosts/"+name)
	return name
}

type permissions struct {
	Configure string `json:"configure"`
	Write     string `json:"write"`
	Read      string `json:"read"`
}

// User makes an account that may do in vhost what these patterns name, deleted
// at the end of the test, and returns its name: the one given, made unique.
func (s *RabbitServer) User(t testing.TB, name, vhost, configure, write, read string) string {
	t.Helper()
	name = unique(name)
	s.API(t, "PUT", "/api/users/"+name, map[string]string{"password": Password, "tags": ""}, nil)
	s.cleanup(t, "/api/users/"+name)
	s.API(t, "PUT", "/api/permissions/"+url.PathEscape(vhost)+"/"+name, permissions{configure, write, read}, nil)
	return name
}

// cleanup deletes something at the end of the test, unless it went with its
// server.
func (s *RabbitServer) cleanup(t testing.TB, path string) {
	t.Cleanup(func() {
		if keep() {
			t.Logf("%s stays on http://%s", path, s.management)
		} else if s.Answers(time.Second) == nil {
			s.API(t, "DELETE", path, nil, nil)
		}
	})
}

// URL is where a user with Password finds a queue, or the virtual host if
// queue is empty. Without TLS.
func (s *RabbitServer) URL(user, vhost, queue string) string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, Password), Host: s.addr,
		Path: "/" + vhost, RawPath: "/" + url.PathEscape(vhost)}
	if queue != "" {
		u.RawQuery = url.Values{"queue": {queue}}.Encode()
	}
	return u.String()
}

// API asks the management HTTP API as admin: path is like
// "/api/queues/%2F/payments", body and result are turned to and from JSON
// unless nil. Anything but 2xx fails the test. What it says of queues may be
// five seconds old.
func (s *RabbitServer) API(t testing.TB, method, path string, body, result any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	if err := s.request(ctx, method, path, body, result); err != nil {
		t.Fatal(err)
	}
}

var apiClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (s *RabbitServer) request(ctx context.Context, method, path string, body, result any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.management+path, content)
	if err != nil {
		return err
	}
	r.SetBasicAuth("admin", Password)
	r.Header.Set("Content-Type", "application/json")
	answer, err := apiClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(text, result); err != nil {
		return fmt.Errorf("%s %s: %w in %s", method, path, err, text)
	}
	return nil
}

// Control runs rabbitmqctl, which takes about two seconds, and returns what it
// prints. The test fails if it does.
func (s *RabbitServer) Control(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, Program(t, "rabbitmqctl"), append([]string{"-q"}, args...)...)
	cmd.Env = environment(s.dir)
	for name, value := range s.control {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("rabbitmqctl %v: %v: %s", args, err, out)
	}
	return string(out)
}
