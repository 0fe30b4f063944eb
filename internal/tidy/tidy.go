// Package tidy holds the house rules that no compiler knows: who may import
// whom, how long a function may be, where money may not be a float. Its tests
// hold every file of the tree to them.
//
// A rule reads the files themselves, not what go list shows of them: a file
// behind a build tag obeys the same rules.
package tidy

import "fmt"

// Finding is one breach of a rule, with what to do about it.
type Finding struct {
	Path string
	Line int // 0: the file as a whole, or one that is missing
	Text string
}

// String is the finding in the form that editors jump to.
func (f Finding) String() string {
	if f.Line == 0 {
		return f.Path + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Text)
}

// Rule is one thing that holds for the whole tree.
type Rule struct {
	Name  string
	Check func(*Tree) []Finding
}

// Rules are all the rules, in the order in which they are checked.
var Rules = []Rule{
	{"imports", checkImports},
	{"drivers", checkDrivers},
	{"functions", checkFunctions},
	{"files", checkFiles},
	{"interfaces", checkInterfaces},
	{"package comments", checkPackageComments},
	{"doc comments", checkDocComments},
	{"floats", checkFloats},
	{"clocks", checkClocks},
	{"prints", checkPrints},
	{"init", checkInit},
	{"forwarding", checkForwarding},
	{"links", checkLinks},
	{"named tests", checkNamedTests},
	{"changelog", checkChangelog},
}
