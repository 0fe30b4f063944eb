package testserver_test

import (
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

func TestSecantusKilled(t *testing.T) {
	t.Parallel()
	s := testserver.NewSecantusDB(t)
	before, addr := s.CPU(), s.Addr()
	s.Kill(t)
	if err := s.Answers(time.Second); err == nil {
		t.Error("it answers after kill -9")
	}
	s.Start(t)
	if s.Addr() != addr || s.CPU() <= before || s.Resident() < 1<<20 {
		t.Errorf("address %s became %s, CPU %v after %v, resident %d", addr, s.Addr(), s.CPU(), before, s.Resident())
	}
	s.Freeze(t)
	if err := s.Answers(300 * time.Millisecond); err == nil {
		t.Error("it answers while frozen")
	}
	s.Thaw(t)
	if err := s.Answers(10 * time.Second); err != nil {
		t.Error(err)
	}
	s.Restart(t)
	if !strings.Contains(s.Log(), "listening") {
		t.Errorf("the log is %q", s.Log())
	}
}

func TestSecantusSettings(t *testing.T) {
	t.Parallel()
	open := testserver.SecantusDB(t)
	if open != testserver.SecantusDB(t) {
		t.Error("two servers")
	}
	if err := testserver.Outside("hurt", func(t testing.TB) { open.Kill(t) }); err == nil || !strings.Contains(err.Error(), "NewSecantusDB") {
		t.Errorf("killing the shared one: %v", err)
	}
	secure := testserver.NewSecantusDB(t, testserver.Setting("auth", ""), testserver.TLS(testserver.NewAuthority(t)))
	if err := secure.Answers(5 * time.Second); err != nil {
		t.Error(err)
	}
	if url := secure.URL("admin", "x"); !strings.Contains(url, testserver.Password) || strings.Contains(open.URL("", "x"), "admin:") {
		t.Errorf("the addresses are %s and %s", url, open.URL("", "x"))
	}
	err := testserver.Outside("inner", func(t testing.TB) { testserver.NewSecantusDB(t, testserver.Setting("no-such", "1")) })
	if err == nil || !strings.Contains(err.Error(), "no-such") {
		t.Errorf("a setting that does not exist: %v", err)
	}
}
