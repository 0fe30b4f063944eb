package tidy

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
)

var (
	inlineLink = regexp.MustCompile(`\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	namedLink  = regexp.MustCompile(`^\[[^\]]+\]:\s+(\S+)`)
	inlineCode = regexp.MustCompile("`[^`]*`")
	heading    = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	linkMarkup = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInSlug  = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	testName   = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark|Example)[A-Z]\w*`)
)

// prose calls line for each line of the document that is not inside a code
// block; numbers start at 1.
func (d Doc) prose(line func(number int, text string)) {
	fenced := false
	for i, text := range d.Lines {
		if strings.HasPrefix(strings.TrimSpace(text), "```") {
			fenced = !fenced
		} else if !fenced {
			line(i+1, text)
		}
	}
}

// checkLinks follows the links that stay inside the tree, and their #headings.
func checkLinks(t *Tree) []Finding {
	anchors := map[string]map[string]bool{}
	for _, d := range t.Docs {
		anchors[d.Path] = d.anchors()
	}
	var all []Finding
	for _, d := range t.Docs {
		d.prose(func(number int, text string) {
			for _, link := range links(text) {
				if why := t.follow(d.Path, link, anchors); why != "" {
					all = append(all, Finding{d.Path, number, "link " + link + ": " + why})
				}
			}
		})
	}
	return all
}

func links(text string) []string {
	var all []string
	text = inlineCode.ReplaceAllString(text, "``")
	for _, m := range inlineLink.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	if m := namedLink.FindStringSubmatch(text); m != nil {
		all = append(all, m[1])
	}
	return all
}

// follow says why a link leads nowhere.
func (t *Tree) follow(from, link string, anchors map[string]map[string]bool) string {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return "" // the tests work without a network
	}
	file, anchor, _ := strings.Cut(link, "#")
	target := from
	if file != "" {
		target = path.Join(path.Dir(from), file)
	}
	if !t.Paths[target] {
		return "there is no " + target + ": mend the link or add the file"
	}
	if known, ok := anchors[target]; ok && anchor != "" && !known[anchor] {
		return "no heading of " + target + " has this name: mend the link"
	}
	return ""
}

// anchors are the names by which headings are linked, as GitHub forms them.
func (d Doc) anchors() map[string]bool {
	all := map[string]bool{}
	d.prose(func(_ int, text string) {
		m := heading.FindStringSubmatch(text)
		if m == nil {
			return
		}
		words := linkMarkup.ReplaceAllString(m[1], "$1")
		slug := notInSlug.ReplaceAllString(strings.ToLower(words), "")
		all[strings.ReplaceAll(slug, " ", "-")] = true
	})
	return all
}

// checkNamedTests finds tests that a document promises and nobody has written.
func checkNamedTests(t *Tree) []Finding {
	written := map[string]bool{}
	for _, f := range t.Go {
		for _, decl := range f.AST.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && f.Test {
				written[fn.Name.Name] = true
			}
		}
	}
	var all []Finding
	for _, d := range t.Docs {
		d.prose(func(number int, text string) {
			for _, name := range testName.FindAllString(text, -1) {
				if !written[name] {
					all = append(all, Finding{d.Path, number, "there is no " + name + ": write the test or mend the name"})
				}
			}
		})
	}
	return all
}

// checkChangelog wants a place where the next change is written down.
func checkChangelog(t *Tree) []Finding {
	for _, d := range t.Docs {
		if d.Path != "CHANGELOG.md" {
			continue
		}
		for _, line := range d.Lines {
			if strings.HasPrefix(line, "## [Unreleased]") || strings.HasPrefix(line, "## Unreleased") {
				return nil
			}
		}
		return []Finding{{d.Path, 1, `no section "## Unreleased": add it above the newest version`}}
	}
	return []Finding{{Path: "CHANGELOG.md", Text: `missing: write it, with a section "## Unreleased"`}}
}
