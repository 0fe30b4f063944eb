// Command testsum runs go test and sums up what happened, skips included: a
// test that silently did not run looks like one that passed.
//
//	testsum GO-TEST-ARGUMENTS [-- GO-TEST-ARGUMENTS]...
//
// Each group of arguments is one run of go test, and what the runs did is
// counted together. A test is counted once, and its subtests instead of it
// where it has any. Each skip is printed with its reason; with
// RECIBO_TEST_REQUIRE=all it fails the run. The last line is always
// "N passed, N failed, N skipped", each race run counted as a test of its own.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	s := newSummary(os.Stdout)
	for _, args := range groups(os.Args[1:]) {
		run(s, args)
	}
	os.Exit(s.close(os.Getenv("RECIBO_TEST_REQUIRE") == "all"))
}

// groups cuts args at each "--".
func groups(args []string) [][]string {
	var all [][]string
	for {
		cut := slices.Index(args, "--")
		if cut < 0 {
			return append(all, args)
		}
		all, args = append(all, args[:cut]), args[cut+1:]
	}
}

// run feeds the events of one go test into s.
func run(s *summary, args []string) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.fail("go test", err.Error())
		return
	}
	s.begin(slices.Contains(args, "-race"))
	read(s, out)
	// A go test that fails without naming a test has not even begun, for
	// example because a package does not exist.
	if err := cmd.Wait(); err != nil && !s.failed() {
		s.fail("go test", err.Error())
	}
}

// read handles the events on r, one JSON object a line. A line that is none is
// passed on: go test prints some of its own complaints plainly.
func read(s *summary, r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				s.handle(e)
			} else {
				fmt.Fprint(s.out, string(line))
			}
		}
		if err != nil {
			return
		}
	}
}
