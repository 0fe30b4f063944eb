package testserver

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Python is the folder of the programs of a virtual environment, python among
// them: "clients" has boto3 and pymongo. Without it the test is skipped.
func Python(t testing.TB, name string) string {
	t.Helper()
	return get(t, func() (string, error) { return python(name) })
}

func python(name string) (string, error) {
	dir, err := fetched(name)
	return filepath.Join(dir, "bin"), err
}

// jars is the folder of a Java application.
func jars(name string) (string, error) { return fetched(name) }

// fetches holds what came of each: there is one attempt in a process.
var fetches sync.Map

// fetched is the folder of something of the registry, fetched if it must be.
func fetched(name string) (string, error) {
	r, known := registry[name]
	if !known {
		return "", &missingError{name + " is nothing that testserver knows"}
	}
	tool, err := program(r.tool)
	if err != nil {
		return "", &missingError{fmt.Sprintf("%s: %v", r.name, err)}
	}
	once, _ := fetches.LoadOrStore(r.name, sync.OnceValues(func() (string, error) { return r.get(tool) }))
	return once.(func() (string, error))()
}

// done is the file that says that a folder is whole: a virtual environment
// cannot be moved, so it is made in its place.
const done = ".complete"

func (r registered) get(tool string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "recibo-testserver", r.name)
	for {
		if held, ok := claim("fetch-" + r.name); ok {
			defer held.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := os.Stat(filepath.Join(dir, done)); err == nil {
		return dir, nil
	}
	began := time.Now()
	if err := firstError(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return "", err
	}
	if err := r.fetch(tool, dir); err != nil {
		return "", &missingError{fmt.Sprintf("%s: %v", r.name, err)}
	}
	say("fetched %s in %v", r.name, time.Since(began).Round(time.Second))
	return dir, os.WriteFile(filepath.Join(dir, done), nil, 0o644)
}

// maven fetches the jars of an application and of all that it needs.
func maven(artifacts ...string) func(string, string) error {
	return func(mvn, dir string) error {
		pom, err := writePOM(dir, artifacts)
		if err != nil {
			return err
		}
		const copyJars = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
		return run(exec.Command(mvn, "-q", "-B", "-f", pom, copyJars, "-DoutputDirectory="+dir))
	}
}

type dependency struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Version  string `xml:"version"`
}

func writePOM(dir string, artifacts []string) (string, error) {
	project := struct {
		XMLName      xml.Name     `xml:"project"`
		Model        string       `xml:"modelVersion"`
		Group        string       `xml:"groupId"`
		Artifact     string       `xml:"artifactId"`
		Version      string       `xml:"version"`
		Dependencies []dependency `xml:"dependencies>dependency"`
	}{Model: "4.0.0", Group: "recibo", Artifact: "testserver", Version: "1"}
	for _, a := range artifacts {
		part := strings.Split(a, ":")
		project.Dependencies = append(project.Dependencies, dependency{part[0], part[1], part[2]})
	}
	text, err := xml.Marshal(project)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "pom.xml")
	return path, os.WriteFile(path, text, 0o644)
}

// pip makes a virtual environment with packages.
func pip(packages ...string) func(string, string) error {
	return func(python3, dir string) error {
		// Debian's python3 has venv as a package of its own, without a program.
		if exec.Command(python3, "-m", "ensurepip", "--version").Run() != nil {
			venv := pack{name: "python3-venv", programs: []string{"no-program-tells"}}
			if err := venv.install(); err != nil {
				return err
			}
		}
		if err := run(exec.Command(python3, "-m", "venv", dir)); err != nil {
			return err
		}
		args := append([]string{"install", "-q", "--no-input", "--disable-pip-version-check"}, packages...)
		return run(exec.Command(filepath.Join(dir, "bin", "pip"), args...))
	}
}

// run returns the last line of output with the error.
func run(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, lastLine(out))
	}
	return nil
}
