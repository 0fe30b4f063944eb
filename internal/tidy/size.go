package tidy

import (
	"fmt"
	"go/ast"
)

const (
	maxFunctionLines    = 70
	maxFileLines        = 400
	maxInterfaceMethods = 6
)

// checkFunctions finds functions that do not fit on a screen, tests included.
func checkFunctions(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Go {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			name := "a function literal"
			switch n := n.(type) {
			case *ast.FuncDecl:
				name = n.Name.Name
			case *ast.FuncLit:
			default:
				return true
			}
			if lines := f.line(n.End()) - f.line(n.Pos()) + 1; lines > maxFunctionLines {
				all = append(all, f.find(n.Pos(), "%s has %d lines, at most %d: take a step out of it and name it",
					name, lines, maxFunctionLines))
				return false // what is in it is too long for the same reason
			}
			return true
		})
	}
	return all
}

// checkFiles finds source files that hold more than one thing.
func checkFiles(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Sources() {
		if f.Lines > maxFileLines {
			all = append(all, Finding{f.Path, f.Lines,
				fmt.Sprintf("%d lines, at most %d: split it by subject", f.Lines, maxFileLines)})
		}
	}
	return all
}
