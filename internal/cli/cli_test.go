package cli_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"

	"recibo/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"recibo": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs every file of testdata: one for each command and habit.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("scripts start processes")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"eventually": eventually,
			"json":       jsonValue,
			"jsonlines":  jsonLines,
			"sql":        query,
			"exitcode":   exitCode,
			"makefile":   makeFile,
			"capture":    capture,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// eventually PATTERN COMMAND…: runs the command until its output matches.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually PATTERN COMMAND…")
	}
	pattern := regexp.MustCompile(args[0])
	deadline := time.Now().Add(30 * time.Second)
	for {
		out, errOut, _ := run(ts, args[1:])
		if pattern.MatchString(out) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("never matched %q; last:\n%s%s", args[0], out, errOut)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// exitcode N COMMAND…: runs the command and wants this exit code. Its output
// goes to the files stdout.txt and stderr.txt.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N COMMAND…")
	}
	out, errOut, code := run(ts, args[1:])
	ts.Check(os.WriteFile(ts.MkAbs("stdout.txt"), []byte(out), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("stderr.txt"), []byte(errOut), 0o600))
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s%s", code, args[0], out, errOut)
	}
	if strings.Contains(errOut, "goroutine ") || strings.Contains(errOut, "panic") {
		ts.Fatalf("a stack trace:\n%s", errOut)
	}
}

func run(ts *testscript.TestScript, args []string) (stdout, stderr string, code int) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		path = strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0] + "/" + args[0]
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "RECIBO_STORE", "RECIBO_QUEUE", "GOCOVERDIR",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "EDITOR"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		ts.Fatalf("%v", err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// json FILE PATH WANT: the value at a.b.0.c of a file with one JSON object is
// WANT, written as JSON. FILE may be stdout.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &v); err != nil {
		ts.Fatalf("%s is not one JSON value: %v\n%s", args[0], err, ts.ReadFile(args[0]))
	}
	got, err := json.Marshal(dig(v, strings.Split(args[1], ".")))
	ts.Check(err)
	if (string(got) == args[2]) == neg {
		ts.Fatalf("%s is %s, want %s (negated: %v)\n%s", args[1], got, args[2], neg, ts.ReadFile(args[0]))
	}
}

func dig(v any, path []string) any {
	for _, key := range path {
		switch x := v.(type) {
		case map[string]any:
			inner, ok := x[key]
			if !ok {
				return "no key " + key
			}
			v = inner
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
				return "no index " + key
			}
			v = x[i]
		default:
			return "nothing below " + key
		}
	}
	return v
}

// capture NAME PATH: sets a variable to the value at the path of the first
// object that the last command printed.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME PATH")
	}
	line, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	var v any
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		ts.Fatalf("%q is not a JSON value: %v", line, err)
	}
	ts.Setenv(args[0], fmt.Sprint(dig(v, strings.Split(args[1], "."))))
}

// jsonlines FILE N: every line of the file is one JSON object; there are N.
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonlines FILE N")
	}
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		n++
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			ts.Fatalf("line %d is not a JSON object: %v\n%s", n, err, line)
		}
	}
	if fmt.Sprint(n) != args[1] {
		ts.Fatalf("%d lines, want %s", n, args[1])
	}
}

// sql FILE QUERY WANT…: the first row of the query, as text.
func query(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sql FILE QUERY WANT…")
	}
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0])+"?_pragma=busy_timeout(5000)")
	ts.Check(err)
	defer db.Close()
	if len(args) == 2 {
		_, err := db.Exec(args[1])
		ts.Check(err)
		return
	}
	got := make([]string, len(args)-2)
	into := make([]any, len(got))
	for i := range got {
		into[i] = &got[i]
	}
	ts.Check(db.QueryRow(args[1]).Scan(into...))
	for i, want := range args[2:] {
		if got[i] != want {
			ts.Fatalf("%s: column %d is %q, want %q", args[1], i+1, got[i], want)
		}
	}
}

// makefile KIND FILE: a file that a script cannot hold: big (its second line
// is too big for any queue), odd (DOS lines, blank lines, no last end) or nul.
func makeFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: makefile KIND FILE")
	}
	text, known := map[string]string{
		"big": "{}\n" + strings.Repeat("x", 20<<20) + "\n{}\n",
		"odd": "{}\r\n\r\n \n{\"a\":1}",
		"nul": "{\n\"a\"\x00:1}",
	}[args[0]]
	if !known {
		ts.Fatalf("unknown kind %s", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
