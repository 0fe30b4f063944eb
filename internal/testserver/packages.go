package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// pack is a Debian package with programs that tests need.
type pack struct {
	name     string   // for apt, and it pins the version where Debian has several
	programs []string // what tells that it is there
	dirs     []string // where they are, besides PATH
}

// packages is the one place that names them. Debian 12 has PostgreSQL 15,
// RabbitMQ 3.10.
var packages = []pack{
	{"postgresql-15", []string{"initdb", "postgres", "psql"}, []string{"/usr/lib/postgresql/15/bin"}},
	{"rabbitmq-server", []string{"rabbitmq-server", "rabbitmqctl", "epmd"}, []string{"/usr/lib/rabbitmq/bin"}},
	{"amqp-tools", []string{"amqp-publish", "amqp-consume"}, nil},
	{"sqlite3", []string{"sqlite3"}, nil},
}

// programsVariable names the folders to look for programs in, instead of the
// usual ones. Nothing is installed then.
const programsVariable = "RECIBO_TEST_PROGRAMS"

// missingError says why a program cannot be had here: the reason of a skip.
type missingError struct{ reason string }

func (e *missingError) Error() string { return e.reason }

// Program is the path of a program of Debian that testserver knows, installed
// if it can be. Without it the test is skipped.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := program(name)
	if err != nil {
		t.Skip(err)
	}
	return path
}

// Install installs every package whose programs are missing, if it can, and
// returns what cannot be had.
func Install() []error {
	var missing []error
	for _, p := range packages {
		for _, name := range p.programs {
			if _, err := program(name); err != nil {
				missing = append(missing, err)
				break
			}
		}
	}
	return missing
}

func program(name string) (string, error) {
	for _, p := range packages {
		for _, n := range p.programs {
			if n == name {
				return p.find(name)
			}
		}
	}
	return "", &missingError{name + " is of no package that testserver knows"}
}

func (p pack) find(name string) (string, error) {
	if path, ok := p.look(name); ok {
		return path, nil
	}
	if _, set := os.LookupEnv(programsVariable); set {
		return "", &missingError{fmt.Sprintf("%s is not in %s", name, programsVariable)}
	}
	if err := p.install(); err != nil {
		return "", &missingError{fmt.Sprintf("%s is missing: %v", name, err)}
	}
	if path, ok := p.look(name); ok {
		return path, nil
	}
	return "", &missingError{fmt.Sprintf("package %s has no %s", p.name, name)}
}

func (p pack) look(name string) (string, bool) {
	dirs := append(p.dirs[:len(p.dirs):len(p.dirs)], filepath.SplitList(os.Getenv("PATH"))...)
	if only, set := os.LookupEnv(programsVariable); set {
		dirs = filepath.SplitList(only)
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, true
		}
	}
	return "", false
}

var installing sync.Mutex

// install has apt install the package. Only one process of the machine does
// that at a time; one that waited finds the package there.
func (p pack) install() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can install package %s", p.name)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("no apt-get to install package %s", p.name)
	}
	installing.Lock()
	defer installing.Unlock()
	for {
		if held, ok := claim("apt"); ok {
			defer held.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, ok := p.look(p.programs[0]); ok {
		return nil
	}
	began := time.Now()
	quiet, err := noServices()
	if err != nil {
		return err
	}
	defer quiet()
	if _, err := apt("install", "-y", "--no-install-recommends", p.name); err != nil {
		// A bare machine has no package lists yet.
		if out, err := apt("update"); err != nil {
			return fmt.Errorf("apt-get update: %w: %s", err, lastLine(out))
		}
		if out, err := apt("install", "-y", "--no-install-recommends", p.name); err != nil {
			return fmt.Errorf("apt-get install %s: %w: %s", p.name, err, lastLine(out))
		}
	}
	say("installed %s in %v", p.name, time.Since(began).Round(time.Second))
	return nil
}

func apt(args ...string) ([]byte, error) {
	cmd := exec.Command("apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	return cmd.CombinedOutput()
}

// noServices keeps Debian from starting the servers that are being installed,
// on their usual ports, until the returned function is called.
func noServices() (func(), error) {
	const policy = "/usr/sbin/policy-rc.d"
	f, err := os.OpenFile(policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if os.IsExist(err) {
		return func() {}, nil // the machine has its own policy
	}
	if err != nil {
		return nil, err
	}
	remove := func() { _ = os.Remove(policy) }
	_, err = f.WriteString("#!/bin/sh\nexit 101\n")
	if err := firstError(err, f.Close(), os.Chmod(policy, 0o755)); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
