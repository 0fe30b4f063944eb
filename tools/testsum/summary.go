package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// summary counts the results of tests as go test reports them.
type summary struct {
	out    io.Writer
	race   bool
	packs  map[string]*pack
	builds map[string][]string // what the compiler said, by ImportPath
	passed int
	fails  []string
	skips  []string
	exempt []string // cases that do not apply
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out}
}

// begin forgets the packages of the run before: the same ones may run again
// under the race detector.
func (s *summary) begin(race bool) {
	s.race = race
	s.packs = map[string]*pack{}
	s.builds = map[string][]string{}
}

func (s *summary) failed() bool { return len(s.fails) > 0 }

// fail counts something that is no test as a failure.
func (s *summary) fail(what, why string) {
	fmt.Fprintf(s.out, "FAIL  %s: %s\n", what, why)
	s.fails = append(s.fails, what)
}

func (s *summary) handle(e event) {
	switch {
	case e.Action == "build-output":
		s.builds[e.ImportPath] = append(s.builds[e.ImportPath], e.Output)
	case e.Package == "":
		return
	case e.Test != "":
		s.handleTest(s.pack(e.Package).test(e.Test), e)
	case e.Action == "output":
		p := s.pack(e.Package)
		p.output = append(p.output, e.Output)
	case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
		s.finish(e)
	}
}

func (s *summary) handleTest(t *test, e event) {
	switch e.Action {
	case "run":
		// A subtest's name may hold a slash of its own: then the longest
		// prefix that is a test is the parent.
		for name := parentOf(t.name); name != ""; name = parentOf(name) {
			if p := s.pack(e.Package).tests[name]; p != nil {
				p.parent = true
				break
			}
		}
	case "output":
		t.output = append(t.output, e.Output)
	case "pass", "fail", "skip":
		t.action = e.Action
	}
}

func parentOf(test string) string {
	return test[:max(strings.LastIndexByte(test, '/'), 0)]
}

func (s *summary) pack(path string) *pack {
	p := s.packs[path]
	if p == nil {
		p = &pack{tests: map[string]*test{}}
		s.packs[path] = p
	}
	return p
}

// finish counts the tests of a package that has ended, and prints its line.
func (s *summary) finish(e event) {
	p := s.pack(e.Package)
	delete(s.packs, e.Package)
	name := e.Package
	if s.race {
		name += " (race)"
	}
	passed, failed := s.passed, len(s.fails)
	for _, t := range p.order {
		s.count(name, p, t)
	}
	if e.Action == "fail" && len(s.fails) == failed {
		// No test is to blame: it was not built, or it ended by itself.
		s.fails = append(s.fails, name)
	}
	if len(s.fails) > failed {
		s.print(s.builds[e.FailedBuild])
		s.print(p.output)
		fmt.Fprintf(s.out, "FAIL  %s  %.1fs\n", name, e.Elapsed)
	} else if len(p.order) > 0 {
		fmt.Fprintf(s.out, "ok    %s  %.1fs  %d passed\n", name, e.Elapsed, s.passed-passed)
	}
}

// count adds one test. One that never ended has failed: the package stopped
// under it. A parent counts only if it failed by itself.
func (s *summary) count(pkg string, p *pack, t *test) {
	name := pkg + " " + t.name
	action := cmp.Or(t.action, "fail")
	if t.parent && action != "fail" {
		return
	}
	switch action {
	case "pass":
		s.passed++
	case "skip":
		s.skip(name, reason(t.output))
	case "fail":
		s.print(t.output)
		if !t.parent || !p.failedBelow(t.name) {
			s.fails = append(s.fails, name)
		}
	}
}

// declaredTrait begins the reason with which a conformance suite leaves out a
// case because the adapter declares that its system cannot do it. No machine
// could run that case: it is shown, and counts neither as run nor as skipped.
const declaredTrait = "declared trait: "

func (s *summary) skip(name, why string) {
	if strings.HasPrefix(why, declaredTrait) {
		s.exempt = append(s.exempt, name+": "+why)
		return
	}
	s.skips = append(s.skips, name+": "+why)
}

// failedBelow tells whether a subtest of the named test failed.
func (p *pack) failedBelow(name string) bool {
	return slices.ContainsFunc(p.order, func(t *test) bool {
		return strings.HasPrefix(t.name, name+"/") && cmp.Or(t.action, "fail") == "fail"
	})
}

func (s *summary) print(lines []string) {
	for _, line := range lines {
		if !isFraming(line) {
			fmt.Fprint(s.out, line)
		}
	}
}

// close prints what did not run, the failures, and the closing line, and
// returns the exit code. When all is required, a skip is a failure.
func (s *summary) close(requireAll bool) int {
	fmt.Fprintln(s.out)
	for _, exempt := range s.exempt {
		fmt.Fprintln(s.out, "N/A  ", exempt)
	}
	for _, skip := range s.skips {
		fmt.Fprintln(s.out, "SKIP ", skip)
	}
	for _, fail := range s.fails {
		fmt.Fprintln(s.out, "FAIL ", fail)
	}
	missing := requireAll && len(s.skips) > 0
	if missing {
		fmt.Fprintln(s.out, "RECIBO_TEST_REQUIRE=all: a skip is a failure")
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped\n", s.passed, len(s.fails), len(s.skips))
	if s.failed() || missing {
		return 1
	}
	return 0
}
