package tidy

import "slices"

// Stats are the sizes of the source files that are no tests, in lines.
type Stats struct {
	Files, Lines     int
	Median, P90, Max int
	Largest          string
	TestLines        int // of the test files
}

// Measure counts the lines of the tree.
func Measure(t *Tree) Stats {
	var s Stats
	var lines []int
	for _, f := range t.Go {
		if f.Test {
			s.TestLines += f.Lines
			continue
		}
		s.Lines += f.Lines
		lines = append(lines, f.Lines)
		if f.Lines > s.Max {
			s.Max, s.Largest = f.Lines, f.Path
		}
	}
	s.Files = len(lines)
	if s.Files > 0 {
		slices.Sort(lines)
		s.Median = lines[s.Files/2]
		s.P90 = lines[s.Files*9/10]
	}
	return s
}
