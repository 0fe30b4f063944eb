package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// FileName is the configuration file's name in each folder.
const FileName = "recibo.yaml"

const envPrefix = "RECIBO_"

// Input is where settings come from.
type Input struct {
	Flags    *pflag.FlagSet    // nil: none
	Environ  []string          // as os.Environ
	File     string            // --config; empty: RECIBO_CONFIG, then FileName in Dirs
	Dirs     []string          // the first that holds FileName counts
	Defaults map[string]string // of one command, before the general ones
}

// Dirs are the folders in which the file is looked up: the working folder,
// then the user's.
func Dirs() []string {
	dirs := []string{"."}
	if user, err := os.UserConfigDir(); err == nil {
		dirs = append(dirs, filepath.Join(user, "recibo"))
	}
	return dirs
}

// layer is one origin of settings, the strongest first in a list.
type layer struct {
	values *koanf.Koanf
	origin func(name string) string
}

// Load reads all origins. An *Error says which setting of which origin cannot
// be used.
func Load(in Input) (*Config, error) {
	layers, path, err := in.layers()
	if err != nil {
		return nil, err
	}
	c := &Config{File: path}
	for _, s := range Settings {
		text, origin, err := effective(layers, s.Name)
		if err != nil {
			return nil, err
		}
		if err := s.set(c, text); err != nil {
			return nil, refuse(origin, err)
		}
		c.values = append(c.values, Value{Name: s.Name, Value: c.shown(s, text, origin), Origin: origin})
	}
	if err := c.readPasswords(); err != nil {
		return nil, err
	}
	return c, nil
}

// shown is a setting as people may see it. A password in a flag is seen by
// everybody on the machine, and draws a warning.
func (c *Config) shown(s Setting, text, origin string) string {
	if s.Kind != kindAddress {
		return text
	}
	safe := Mask(text)
	if safe != text && origin == flagOrigin(s.Name) {
		c.Warnings = append(c.Warnings, fmt.Sprintf("a password in --%s can be seen in the list of processes; use %s, %s: in %s, or --%s-password-file",
			s.Name, variable(s.Name), s.Name, FileName, s.Name))
	}
	return safe
}

func refuse(origin string, err error) error {
	e := &Error{Origin: origin, Reason: err.Error()}
	if b, ok := errors.AsType[*badValue](err); ok {
		e.Tip = b.tip
	}
	return e
}

func (in Input) layers() ([]layer, string, error) {
	var ls []layer
	if in.Flags != nil {
		l, err := load(posflag.ProviderWithFlag(in.Flags, flat, nil, changed), nil)
		if err != nil {
			return nil, "", err
		}
		ls = append(ls, layer{l, flagOrigin})
	}
	variables, err := load(env.Provider("", env.Opt{Prefix: envPrefix, TransformFunc: key,
		EnvironFunc: func() []string { return in.Environ }}), nil)
	if err != nil {
		return nil, "", err
	}
	ls = append(ls, layer{variables, variable})

	path, err := in.path(variables.String("config"))
	if err != nil {
		return nil, "", err
	}
	if path != "" {
		l, err := readFile(path)
		if err != nil {
			return nil, "", err
		}
		ls = append(ls, layer{l, func(name string) string { return path + ": " + name }})
	}
	defaults, err := load(confmap.Provider(in.defaults(), ""), nil)
	if err != nil {
		return nil, "", err
	}
	return append(ls, layer{defaults, func(string) string { return "default" }}), path, nil
}

func flagOrigin(name string) string { return "flag --" + name }

// changed hands on a flag that was given.
func changed(f *pflag.Flag) (string, any) {
	if !f.Changed {
		return "", nil
	}
	return f.Name, f.Value.String()
}

// key turns RECIBO_LOG_LEVEL into log-level. An empty variable counts as none.
func key(name, value string) (string, any) {
	if value == "" {
		return "", nil
	}
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-"), value
}

func variable(name string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func (in Input) defaults() map[string]any {
	m := map[string]any{}
	for _, s := range Settings {
		m[s.Name] = s.Default
	}
	for name, text := range in.Defaults {
		m[name] = text
	}
	return m
}

// flat is a delimiter that no name holds: settings do not nest.
const flat = "\x00"

// load reads one origin.
func load(p koanf.Provider, parser koanf.Parser) (*koanf.Koanf, error) {
	k := koanf.New(flat)
	return k, k.Load(p, parser)
}

// path is the file to read, or empty. One that was asked for must be there.
func (in Input) path(fromEnv string) (string, error) {
	origin, path := "flag --config", in.File
	if path == "" {
		origin, path = envPrefix+"CONFIG", fromEnv
	}
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", &Error{Origin: origin, Reason: plain(err), Tip: "check the path, or leave it out to use " + FileName}
		}
		return path, nil
	}
	for _, dir := range in.Dirs {
		candidate := filepath.Join(dir, FileName)
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
	}
	return "", nil
}

func readFile(path string) (*koanf.Koanf, error) {
	k, err := load(file.Provider(path), yaml.Parser())
	if err != nil {
		return nil, &Error{Origin: path, Reason: plain(err), Tip: "write one setting a line, for example store: sqlite:./recibo.db"}
	}
	for _, name := range slices.Sorted(maps.Keys(k.Raw())) {
		if !slices.ContainsFunc(Settings, func(s Setting) bool { return s.Name == name }) {
			return nil, &Error{Origin: path, Reason: fmt.Sprintf("unknown key %q", name),
				Tip: "run recibo config to see all keys"}
		}
	}
	return k, nil
}

// effective returns the text of a setting from the strongest layer that has it.
func effective(layers []layer, name string) (text, origin string, err error) {
	for _, l := range layers {
		if !l.values.Exists(name) {
			continue
		}
		origin := l.origin(name)
		switch v := l.values.Get(name).(type) {
		case string:
			return v, origin, nil
		case int, int64, uint64, float64, bool:
			return fmt.Sprint(v), origin, nil
		case time.Time:
			return v.Format(time.RFC3339Nano), origin, nil
		case nil:
			continue
		default:
			return "", "", &Error{Origin: origin, Reason: "it must be one value, not a list or a map"}
		}
	}
	return "", "default", nil
}

// plain is the reason of a file error without the operation and path that the
// origin names already.
func plain(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}
