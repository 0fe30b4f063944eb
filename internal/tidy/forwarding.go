package tidy

import (
	"go/ast"
	"strings"
)

// checkForwarding finds packages that only hand on to another package of the
// tree: every function is one call of it, every type a second name. What calls
// one should call the other.
func checkForwarding(t *Tree) []Finding {
	var all []Finding
	for dir, files := range t.Packages() {
		forwards, works := 0, 0
		for _, f := range files {
			if f.Test || f.AST.Name.Name == "main" {
				continue
			}
			for _, decl := range f.AST.Decls {
				switch t.judge(f, decl) {
				case forwarding:
					forwards++
				case working:
					works++
				}
			}
		}
		if forwards > 0 && works == 0 {
			all = append(all, Finding{Path: dir, Text: "this package only forwards: remove it and call what is behind it"})
		}
	}
	return all
}

type verdict int

const (
	neutral verdict = iota // imports, constants, variables
	forwarding
	working
)

func (t *Tree) judge(f *File, decl ast.Decl) verdict {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if t.isForward(f, d) {
			return forwarding
		}
		return working
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			ts, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			if ts.Assign.IsValid() {
				return forwarding
			}
			return working
		}
	}
	return neutral
}

// isForward tells func F(a A) B { return other.F(a) } from work.
func (t *Tree) isForward(f *File, d *ast.FuncDecl) bool {
	if d.Body == nil || len(d.Body.List) != 1 {
		return false
	}
	var expr ast.Expr
	switch s := d.Body.List[0].(type) {
	case *ast.ExprStmt:
		expr = s.X
	case *ast.ReturnStmt:
		if len(s.Results) != 1 {
			return false
		}
		expr = s.Results[0]
	}
	call, ok := expr.(*ast.CallExpr)
	if !ok {
		return false
	}
	// nameOf knows the packages of the tree only.
	_, qualified := call.Fun.(*ast.SelectorExpr)
	return qualified && strings.Contains(t.nameOf(f, call.Fun), ".")
}
