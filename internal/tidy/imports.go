package tidy

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// checkImports holds every import of the tree against the layers.
func checkImports(t *Tree) []Finding {
	var all []Finding
	for dir, files := range t.Packages() {
		l, known := layerOf(dir)
		if !known {
			all = append(all, Finding{Path: dir,
				Text: "a new package: add it to the table in internal/tidy/layers.go with what it may import"})
			continue
		}
		for _, f := range files {
			all = append(all, t.checkEdges(f, l)...)
		}
	}
	return all
}

func (t *Tree) checkEdges(f *File, l layer) []Finding {
	allowed := l.imports
	if f.Test {
		// A package's own folder: its external tests import it.
		allowed = slices.Concat(l.imports, l.tests, everyTest, []string{f.Dir})
	}
	var all []Finding
	for _, spec := range f.AST.Imports {
		to, ours := strings.CutPrefix(importPath(spec), t.Module+"/")
		if ours && !allows(allowed, to) {
			all = append(all, f.find(spec.Pos(),
				"%s may not import %s, only: %s; move the code to where the data flows (internal/tidy/layers.go)",
				f.Dir, to, listed(allowed)))
		}
	}
	return all
}

func listed(dirs []string) string {
	if len(dirs) == 0 {
		return "nothing of ours"
	}
	return strings.Join(dirs, ", ")
}

func layerOf(dir string) (layer, bool) {
	at := slices.IndexFunc(layers, func(l layer) bool { return matches(l.dir, dir) })
	if at < 0 {
		return layer{}, false
	}
	return layers[at], true
}

// allows tells whether one of the patterns means dir. A suite must be named: no
// star brings it into a program.
func allows(patterns []string, dir string) bool {
	if slices.Contains(suites, dir) {
		return slices.Contains(patterns, dir)
	}
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, dir) })
}

func matches(pattern, dir string) bool {
	ok, err := path.Match(pattern, dir)
	return ok && err == nil
}

// checkDrivers keeps each system's driver inside the one package that is there
// to hide it. Tests may use a driver to look behind an adapter.
func checkDrivers(t *Tree) []Finding {
	var all []Finding
	for _, f := range t.Sources() {
		for _, spec := range f.AST.Imports {
			if home := driverHome(spec); home != nil && !under(f.Dir, home) && !under(f.Dir, []string{"e2e", "bench"}) {
				all = append(all, f.find(spec.Pos(), "%s belongs to %s alone: go through that package",
					importPath(spec), strings.Join(home, ", ")))
			}
		}
	}
	return all
}

func driverHome(spec *ast.ImportSpec) []string {
	for prefix, home := range drivers {
		if strings.HasPrefix(importPath(spec), prefix) {
			return home
		}
	}
	return nil
}
