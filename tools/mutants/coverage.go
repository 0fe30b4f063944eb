package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
)

// span is a piece of a file in a coverage profile.
type span struct{ fromLine, fromColumn, toLine, toColumn int }

func (s span) holds(p token.Position) bool {
	return (p.Line > s.fromLine || p.Line == s.fromLine && p.Column >= s.fromColumn) &&
		(p.Line < s.toLine || p.Line == s.toLine && p.Column <= s.toColumn)
}

// completeCoverage adds to a profile what go leaves out: the conditions of a
// switch, which count as covered if the switch is, and what stands outside of
// functions. Gremlins would not look at them.
func completeCoverage(profile string) error {
	text, err := os.ReadFile(profile)
	if err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(mod), "\n")
	module := strings.TrimPrefix(first, "module ") + "/"
	out := bytes.NewBuffer(text)
	for file, covered := range coveredSpans(text) {
		more, err := leftOut(strings.TrimPrefix(file, module), covered)
		if err != nil {
			return err
		}
		for _, s := range more {
			fmt.Fprintf(out, "%s:%d.%d,%d.%d 1 1\n", file, s.fromLine, s.fromColumn, s.toLine, s.toColumn)
		}
	}
	return os.WriteFile(profile, out.Bytes(), 0o644)
}

// coveredSpans reads the spans of a profile that were run, by file.
func coveredSpans(profile []byte) map[string][]span {
	all := map[string][]span{}
	lines := bufio.NewScanner(bytes.NewReader(profile))
	for lines.Scan() {
		file, rest, _ := strings.Cut(lines.Text(), ".go:")
		var s span
		var statements, count int
		if n, _ := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &s.fromLine, &s.fromColumn, &s.toLine, &s.toColumn, &statements, &count); n < 6 {
			continue // the first line
		}
		if file += ".go"; count > 0 {
			all[file] = append(all[file], s)
		}
	}
	return all
}

// leftOut finds in a file what a profile leaves out.
func leftOut(path string, covered []span) (more []span, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	add := func(from, to token.Pos) {
		a, b := set.Position(from), set.Position(to)
		more = append(more, span{a.Line, a.Column, b.Line, b.Column})
	}
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			add(g.Pos(), g.End())
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SwitchStmt)
		if !ok {
			return true
		}
		at := set.Position(s.Pos())
		for _, c := range covered {
			if c.holds(at) {
				for _, clause := range s.Body.List {
					c := clause.(*ast.CaseClause)
					add(c.Pos(), c.Colon)
				}
				break
			}
		}
		return true
	})
	return more, nil
}
