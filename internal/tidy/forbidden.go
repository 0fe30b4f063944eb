package tidy

import (
	"go/ast"
	"slices"
)

// Money passes through these: a float there is wrong by a centavo some day.
var exact = []string{"payment", "wire", "store", "quarantine"}

var floatNames = []string{"float32", "float64"}

// checkFloats finds floats, and what makes or prints them, where money is.
func checkFloats(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Sources() {
		if !under(f.Dir, exact) {
			continue
		}
		found := func(n ast.Node, name string) {
			all = append(all, f.find(n.Pos(), "%s where money passes: use payment.Money or integers", name))
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && slices.Contains(floatNames, id.Name) {
				found(id, id.Name)
			}
			return true
		})
		f.uses("strconv", []string{"ParseFloat", "FormatFloat", "AppendFloat"},
			func(s *ast.SelectorExpr) { found(s, "strconv."+s.Sel.Name) })
		f.uses("math/big", []string{"Float", "NewFloat", "ParseFloat"},
			func(s *ast.SelectorExpr) { found(s, "big."+s.Sel.Name) })
	}
	return all
}

// checkClocks keeps the packages whose answers depend on nothing but their
// arguments that way.
func checkClocks(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Sources() {
		if !under(f.Dir, []string{"payment", "wire", "quarantine"}) {
			continue
		}
		f.uses("time", []string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker"},
			func(s *ast.SelectorExpr) {
				all = append(all, f.find(s.Pos(), "time.%s in %s: take the time as an argument", s.Sel.Name, f.Dir))
			})
	}
	return all
}

// checkPrints finds what writes past the logger and the command line.
func checkPrints(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Sources() {
		if under(f.Dir, []string{"internal/cli", "cmd", "tools", "bench"}) {
			continue
		}
		f.uses("fmt", []string{"Print", "Printf", "Println"}, func(s *ast.SelectorExpr) {
			all = append(all, f.find(s.Pos(), "fmt.%s: log it, or write to an io.Writer that is handed in", s.Sel.Name))
		})
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if id, ok := call.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") {
				all = append(all, f.find(call.Pos(), "%s: remove it, or log it", id.Name))
			}
			return true
		})
	}
	return all
}

// checkInit finds work that happens because a package is merely imported.
func checkInit(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Go {
		for _, decl := range f.AST.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				all = append(all, f.find(fn.Pos(), "init works by mere import: call it from where it is needed"))
			}
		}
	}
	return all
}
