package testserver

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is who runs a server: nil is whoever runs the tests.
type account struct{ credential *syscall.Credential }

// unprivileged is an account for a server that refuses to run as root.
func unprivileged() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, errors.New("no account postgres or nobody to run it as")
}

// attributes make a child run as the account, in a group of its own (the
// Ctrl-C of a terminal is for the tests), and get a signal when we die.
func (a account) attributes(death syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: death, Credential: a.credential}
}

// own gives a file or folder to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}
