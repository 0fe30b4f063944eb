package config

import (
	"os"
	"strings"
)

// readPasswords puts the passwords of files into the addresses, in memory only.
func (c *Config) readPasswords() error {
	for _, p := range []struct {
		name, path string
		address    *Address
	}{
		{"queue-password-file", c.queuePasswordFile, &c.Queue},
		{"store-password-file", c.storePasswordFile, &c.Store},
	} {
		if p.path == "" {
			continue
		}
		text, err := os.ReadFile(p.path)
		if err != nil {
			return &Error{Origin: p.name, Reason: plain(err), Tip: "check the path and that you may read the file"}
		}
		password := strings.TrimSpace(string(text))
		if password == "" || strings.ContainsAny(password, "\r\n") {
			return &Error{Origin: p.name, Reason: p.path + ": not one line", Tip: "write the password into the file, and nothing else"}
		}
		a, err := p.address.WithPassword(password)
		if err != nil {
			return &Error{Origin: p.name, Reason: err.Error(), Tip: "write the user into the address: scheme://user@host/…"}
		}
		*p.address = a
	}
	return nil
}
