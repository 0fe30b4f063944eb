package testserver

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
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
	{"mariadb-server", []string{"mariadbd", "mariadb-install-db", "mariadb"}, []string{"/usr/sbin"}},
	{"openjdk-17-jre-headless", []string{"java"}, nil},
	{"maven", []string{"mvn"}, nil},
	{"python3-venv", []string{"python3"}, nil},
	{"amqp-tools", []string{"amqp-publish", "amqp-consume"}, nil},
	{"kcat", []string{"kcat"}, nil},
	{"sqlite3", []string{"sqlite3"}, nil},
}

// registered is software of a registry that is no program of Debian.
type registered struct {
	name  string // with its version, and so a new version is a new folder
	tool  string // the program that fetches it
	fetch func(tool, dir string) error
}

// registry is the one place that names it. Its folders are kept from one run to
// the next.
var registry = map[string]registered{
	"kafka": {"kafka-4.3.1-tools", "mvn", maven("org.apache.kafka:kafka_2.13:4.3.1", "org.apache.kafka:kafka-tools:4.3.1",
		"org.apache.logging.log4j:log4j-slf4j-impl:2.25.5")},
	"elasticmq":  {"elasticmq-1.6.16", "mvn", maven("org.elasticmq:elasticmq-server_2.13:1.6.16")},
	"secantusdb": {"secantusdb-0.7.0b3", "python3", pip("secantusdb==0.7.0b3")},
	"clients":    {"clients-2", "python3", pip("boto3==1.44.8", "pymongo==4.20.1")},
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

// Install installs every package whose programs are missing and everything of
// the registries, if it can, and returns what cannot be had.
func Install() []error {
	missing := installPackages()
	var all sync.WaitGroup
	var mu sync.Mutex
	for name := range registry {
		all.Go(func() {
			if _, err := fetched(name); err != nil {
				mu.Lock()
				missing = append(missing, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return missing
}

func installPackages() []error {
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
