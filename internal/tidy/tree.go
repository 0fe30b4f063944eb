package tidy

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Tree is the source of one module and of those nested in it.
type Tree struct {
	Module string
	Go     []*File
	Docs   []Doc
	Paths  map[string]bool // every file and folder
}

// File is one Go file.
type File struct {
	Path  string
	Dir   string // of its package
	Test  bool
	Lines int
	AST   *ast.File
	fset  *token.FileSet
}

// Doc is one Markdown file.
type Doc struct {
	Path  string
	Lines []string
}

var moduleLine = regexp.MustCompile(`(?m)^module (\S+)`)

// Load reads the tree whose root fsys is. Left out is what go leaves out too:
// testdata, and names that begin with a point or an underscore.
func Load(fsys fs.FS) (*Tree, error) {
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("load tree: %w", err)
	}
	name := moduleLine.FindSubmatch(mod)
	if name == nil {
		return nil, errors.New("load tree: go.mod names no module")
	}
	t := &Tree{Module: string(name[1]), Paths: map[string]bool{}}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && isForeign(p) {
			return fs.SkipDir
		}
		t.Paths[p] = true
		if d.IsDir() || slices.Contains(strings.Split(p, "/"), "testdata") {
			return nil
		}
		return t.add(fsys, p)
	})
	if err != nil {
		return nil, fmt.Errorf("load tree: %w", err)
	}
	return t, nil
}

// isForeign tells the folders that hold no source of ours.
func isForeign(dir string) bool {
	base := path.Base(dir)
	if dir == "." || dir == ".ci" {
		return false
	}
	return base[0] == '.' || base[0] == '_' || dir == "bin" || dir == "recibo-data"
}

func (t *Tree) add(fsys fs.FS, p string) error {
	ext := path.Ext(p)
	if ext != ".go" && ext != ".md" {
		return nil
	}
	text, err := fs.ReadFile(fsys, p)
	if err != nil {
		return err
	}
	if ext == ".md" {
		t.Docs = append(t.Docs, Doc{Path: p, Lines: strings.Split(string(text), "\n")})
		return nil
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, p, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.Go = append(t.Go, &File{
		Path: p, Dir: path.Dir(p), Test: strings.HasSuffix(p, "_test.go"),
		Lines: bytes.Count(text, []byte("\n")), AST: file, fset: fset,
	})
	return nil
}

// Sources are the files that are no tests.
func (t *Tree) Sources() []*File {
	return slices.DeleteFunc(slices.Clone(t.Go), func(f *File) bool { return f.Test })
}

// Packages are the folders with Go files, each with its files.
func (t *Tree) Packages() map[string][]*File {
	all := map[string][]*File{}
	for _, f := range t.Go {
		all[f.Dir] = append(all[f.Dir], f)
	}
	return all
}

// find is a finding at a place in the file.
func (f *File) find(pos token.Pos, format string, args ...any) Finding {
	return Finding{f.Path, f.line(pos), fmt.Sprintf(format, args...)}
}

func (f *File) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// uses calls found for each mention of pkg.name in the file, where pkg is the
// import path of a package and name one of names.
func (f *File) uses(pkg string, names []string, found func(*ast.SelectorExpr)) {
	local := f.localName(pkg)
	if local == "" {
		return
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if ok && x.Name == local && slices.Contains(names, s.Sel.Name) {
			found(s)
		}
		return true
	})
}

// localName is what the file calls the package, empty if it does not import it.
func (f *File) localName(pkg string) string {
	for _, spec := range f.AST.Imports {
		if importPath(spec) != pkg {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(pkg)
	}
	return ""
}

func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, `"`) }

// under tells whether dir is one of the folders, or lies in one.
func under(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		return dir == f || strings.HasPrefix(dir, f+"/")
	})
}
