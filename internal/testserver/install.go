package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// installs holds what came of each package: there is one attempt in a process.
var installs sync.Map

func (p pack) install() error {
	once, _ := installs.LoadOrStore(p.name, sync.OnceValue(p.installNow))
	return once.(func() error)()
}

// installNow has apt install the package. Only one process of the machine does
// that at a time; one that waited finds the package there.
func (p pack) installNow() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can install package %s", p.name)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("no apt-get to install package %s", p.name)
	}
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
