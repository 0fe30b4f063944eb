package mongodb

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzAddress puts a password, and anything behind it, into an address: neither
// the target nor an error tells it.
func FuzzAddress(f *testing.F) {
	for _, rest := range []string{"", "&", "&x=1", "?", "#", "/", "&%zz", "@", "&connect_timeout=x", "&timeout=-1", "\x00", "&;", "&port=1,2", "&host=h3"} {
		f.Add("s3cr3t", rest)
	}
	for _, password := range []string{"", "/", "12/", "12?", "12#", "p@ss", "a/b?c#d", "%40%", "1,2:3", "x=1&y=2;z", "://", "é \n", "[::1]", "\x7f"} {
		f.Add(password, "")
	}
	f.Fuzz(func(t *testing.T, password, rest string) {
		const mark = "XqZ" // stands in no address
		if strings.Contains(rest, "file") || strings.Contains(rest, "ert") || strings.Contains(rest, "service") {
			return // it would be read
		}
		password += mark
		for _, written := range []string{url.QueryEscape(password), password} {
			address := "mongodb://app:PW@h1:27017,h2:27017/d?replicaSet=r"
			address = strings.Replace(address, "PW", written, 1) + rest
			if written == password && strings.ContainsAny(password, "@?") {
				continue // it looks itself like the rest of an address: nobody could tell
			}
			said := masked(address)
			if _, _, target, err := parseAddress(address); err != nil {
				said += err.Error()
			} else {
				said += target
			}
			if strings.Contains(said, mark) {
				t.Fatalf("%q says %q", address, said)
			}
		}
	})
}
