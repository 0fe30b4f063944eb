package tidy

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// checkPackageComments wants one sentence on every package.
func checkPackageComments(t *Tree) []Finding {
	var all []Finding
	for dir, files := range t.Packages() {
		if !slices.ContainsFunc(files, func(f *File) bool { return f.AST.Doc != nil }) {
			all = append(all, Finding{Path: dir,
				Text: "no package comment: say in one file, above its package clause, what the package is for"})
		}
	}
	return all
}

// Methods whose name says everything, since an interface of the standard
// library gives it its meaning.
var wellKnown = []string{"Error", "Unwrap", "Is", "String", "Len", "Less", "Swap", "LogValue"}

// checkDocComments wants a comment on what a package shows to others.
func checkDocComments(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Sources() {
		if f.AST.Name.Name == "main" {
			continue
		}
		for _, decl := range f.AST.Decls {
			for _, name := range undocumented(decl) {
				all = append(all, f.find(name.Pos(),
					"exported %s has no doc comment: say what it does, its units and its errors", name.Name))
			}
		}
	}
	return all
}

func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && isVisible(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		if d.Tok == token.IMPORT || d.Doc != nil {
			return nil // a comment on the group speaks for its members
		}
		var all []*ast.Ident
		for _, spec := range d.Specs {
			all = append(all, undocumentedSpec(spec)...)
		}
		return all
	}
	return nil
}

// isVisible tells methods of hidden types, and those that need no words, from
// the rest.
func isVisible(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	return token.IsExported(receiver(d)) && !slices.Contains(wellKnown, d.Name.Name)
}

func receiver(d *ast.FuncDecl) string {
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

func undocumentedSpec(spec ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	var doc, trailing *ast.CommentGroup
	switch s := spec.(type) {
	case *ast.TypeSpec:
		names, doc, trailing = []*ast.Ident{s.Name}, s.Doc, s.Comment
	case *ast.ValueSpec:
		names, doc, trailing = s.Names, s.Doc, s.Comment
	}
	if strings.TrimSpace(doc.Text()+trailing.Text()) != "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(n *ast.Ident) bool { return !n.IsExported() })
}
