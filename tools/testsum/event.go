package main

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build; Package is empty then
	Test        string // empty: the whole package
	Output      string
	Elapsed     float64 // seconds
	FailedBuild string  // the ImportPath whose build failed
}

// test is what is known of one test while its package runs.
type test struct {
	name   string
	output []string
	action string // pass, fail or skip; empty while it runs
	parent bool   // it has subtests
}

// pack is what is known of one package while it runs.
type pack struct {
	output []string // not of a test: panics, build errors
	tests  map[string]*test
	order  []*test
}

func (p *pack) test(name string) *test {
	t := p.tests[name]
	if t == nil {
		t = &test{name: name}
		p.tests[name] = t
		p.order = append(p.order, t)
	}
	return t
}
