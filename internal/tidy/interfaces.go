package tidy

import (
	"go/ast"
	"path"
	"strings"
)

// checkInterfaces finds ports that have grown. Methods that come by embedding
// count, also from another package of the tree; what is embedded from elsewhere
// counts as one, since its methods cannot be seen here.
func checkInterfaces(t *Tree) []Finding {
	known := interfacesOf(t)
	var all []Finding
	for _, f := range t.Go {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			i, ok := spec.Type.(*ast.InterfaceType)
			if !ok {
				return true
			}
			if count := known.methods(t, f, i); count > maxInterfaceMethods {
				all = append(all, f.find(spec.Pos(), "interface %s has %d methods, at most %d: cut it by who calls it",
					spec.Name.Name, count, maxInterfaceMethods))
			}
			return true
		})
	}
	return all
}

type declared struct {
	file *File
	node *ast.InterfaceType
}

// interfaces maps folder.Name to where the interface is declared.
type interfaces map[string]declared

func interfacesOf(t *Tree) interfaces {
	all := interfaces{}
	for _, f := range t.Go {
		for _, decl := range f.AST.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					if node, ok := ts.Type.(*ast.InterfaceType); ok {
						all[f.Dir+"."+ts.Name.Name] = declared{f, node}
					}
				}
			}
		}
	}
	return all
}

func (all interfaces) methods(t *Tree, f *File, i *ast.InterfaceType) int {
	count := 0
	for _, field := range i.Methods.List {
		if len(field.Names) > 0 {
			count += len(field.Names)
			continue
		}
		if d, ok := all[t.nameOf(f, field.Type)]; ok {
			count += all.methods(t, d.file, d.node)
		} else if _, union := field.Type.(*ast.BinaryExpr); !union {
			count++
		}
	}
	return count
}

// nameOf is folder.Name of a type of the tree, as the file writes it.
func (t *Tree) nameOf(f *File, expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.Ident:
		return f.Dir + "." + e.Name
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		if !ok {
			return ""
		}
		for _, spec := range f.AST.Imports {
			dir, ours := strings.CutPrefix(importPath(spec), t.Module+"/")
			if ours && (path.Base(dir) == x.Name || spec.Name != nil && spec.Name.Name == x.Name) {
				return dir + "." + e.Sel.Name
			}
		}
	}
	return ""
}
