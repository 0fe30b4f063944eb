package testserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// serversVariable names the file that announces the servers of a whole run.
const serversVariable = "RECIBO_TEST_SERVERS"

// announcement is that file.
type announcement struct {
	Postgres announced `json:"postgres"`
	RabbitMQ announced `json:"rabbitmq"`
}

// announced is a server that another process started, or why it did not.
type announced struct {
	Missing    string            `json:"missing,omitempty"`
	Addr       string            `json:"addr,omitempty"`
	Version    string            `json:"version,omitempty"`
	Dir        string            `json:"dir,omitempty"`
	Processes  []int             `json:"processes,omitempty"`
	Management string            `json:"management,omitempty"`
	Control    map[string]string `json:"control,omitempty"`
}

// readAnnouncement is empty where nothing is announced, or no more.
func readAnnouncement() (announcement, error) {
	var a announcement
	path := os.Getenv(serversVariable)
	if path == "" {
		return a, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return a, fmt.Errorf("%s: %w", serversVariable, err)
	}
	return a, nil
}

// server is the announced one as a shared one, or nil if it is none or does
// not answer any more.
func (a announced) server(name string, ask func(*Server)) *Server {
	if a.Addr == "" {
		return nil
	}
	s := &Server{name: name, version: a.Version, addr: a.Addr, tlsAddr: a.Addr, dir: a.Dir,
		shared: true, announced: a.Processes}
	ask(s)
	if s.Answers(answerTimeout) != nil {
		return nil
	}
	return s
}

func (a announced) err() error {
	if a.Missing != "" {
		return &missingError{a.Missing}
	}
	return nil
}

// Share installs what tests need, starts the shared servers and writes the
// file for RECIBO_TEST_SERVERS, whose path it returns. A server that cannot be
// had is announced as missing. Stop ends the servers and removes the file.
func Share() (path string, stop func() error, err error) {
	for _, missing := range Install() {
		say("%v; tests that need it skip", missing)
	}
	var a announcement
	var failed [2]error
	var both sync.WaitGroup
	both.Go(func() {
		var s *PostgresServer
		if s, failed[0] = startPostgres(options{}, true); failed[0] == nil {
			a.Postgres = s.announce()
		}
	})
	both.Go(func() {
		var s *RabbitServer
		if s, failed[1] = startRabbit(options{}, true); failed[1] == nil {
			a.RabbitMQ = s.announce()
			a.RabbitMQ.Management, a.RabbitMQ.Control = s.management, s.control
		}
	})
	both.Wait()
	a.Postgres.Missing, failed[0] = whyMissing(failed[0])
	a.RabbitMQ.Missing, failed[1] = whyMissing(failed[1])
	if err := errors.Join(failed[:]...); err != nil {
		return "", nil, errors.Join(err, stopAll())
	}
	path, err = a.write()
	if err != nil {
		return "", nil, errors.Join(err, stopAll())
	}
	return path, stopAll, nil
}

// whyMissing takes the reason for skipping out of err.
func whyMissing(err error) (string, error) {
	if m := (*missingError)(nil); errors.As(err, &m) {
		return m.reason, nil
	}
	return "", err
}

func (s *Server) announce() announced {
	return announced{Addr: s.addr, Version: s.version, Dir: s.dir, Processes: s.roots()}
}

func (a announcement) write() (string, error) {
	dir, err := home()
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(a, "", "\t")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "servers.json")
	return path, os.WriteFile(path, text, 0o644)
}
