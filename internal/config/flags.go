package config

import (
	"cmp"
	"fmt"

	"github.com/spf13/pflag"
)

// flagValue keeps the text of a flag: it is judged with the other origins, so
// that flag, variable and key are refused in the same words.
type flagValue struct{ text, kind string }

func (v *flagValue) String() string { return v.text }

func (v *flagValue) Set(text string) error {
	v.text = text
	return nil
}

// Type is what --help shows; pflag shows none for a bool.
func (v *flagValue) Type() string { return cmp.Or(v.kind, "bool") }

// IsBoolFlag lets a switch stand without a value.
func (v *flagValue) IsBoolFlag() bool { return v.kind == "" }

// AddFlags adds the flags of the named settings, with defaults of its own
// where a command has other ones.
func AddFlags(fs *pflag.FlagSet, defaults map[string]string, names ...string) {
	for _, name := range names {
		s := find(name)
		text := s.Default
		if d, ok := defaults[name]; ok {
			text = d
		}
		f := fs.VarPF(&flagValue{text: text, kind: s.Kind}, s.Name, "", s.Usage)
		if s.Kind == "" {
			f.NoOptDefVal = "true"
		}
		if text == "0" || text == "0s" || text == "false" {
			f.DefValue = "" // its usage says what that means
		}
	}
}

func find(name string) Setting {
	for _, s := range Settings {
		if s.Name == name {
			return s
		}
	}
	panic(fmt.Sprintf("no setting is named %q", name)) // a mistake in a command, found by any test
}
