package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// console is stderr: lines of text, and on a terminal one line of progress
// below them, which is taken away and drawn again around each of them.
type console struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	line     string
}

// A line that is too long for the terminal is cut off, not wrapped: only then
// can it be taken away again.
const (
	clearLine = "\r\x1b[K"
	noWrap    = "\x1b[?7l"
	wrap      = "\x1b[?7h"
)

// Write writes whole lines above the line of progress.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != "" {
		fmt.Fprint(c.w, clearLine)
	}
	n, err := c.w.Write(p)
	if c.line != "" {
		fmt.Fprint(c.w, c.line)
	}
	return n, err
}

// note writes a line for the person who typed the command.
func (c *console) note(text string) { fmt.Fprintf(c, "recibo: %s\n", text) }

// redraw replaces the line of progress.
func (c *console) redraw(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = noWrap + line + wrap
	fmt.Fprint(c.w, clearLine+c.line)
}

// endLine takes the line of progress away.
func (c *console) endLine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != "" {
		fmt.Fprint(c.w, clearLine)
		c.line = ""
	}
}

// plainEvery is how often a line of progress is written that is not redrawn.
const plainEvery = 5 * time.Second

// progress is how a command shows how far it is: not at all, by redrawing a
// line, or by a line now and then.
type progress struct {
	console *console
	mode    string // redraw, plain or none
	last    time.Time
}

func (e *environment) progress(mode string) *progress {
	p := &progress{console: e.console, mode: mode, last: time.Now()}
	if mode == "auto" {
		p.mode = "none"
		if e.console.terminal {
			p.mode = "redraw"
		}
	}
	return p
}

func (p *progress) wanted() bool { return p.mode != "none" }

// every is how often it is worth asking.
func (p *progress) every() time.Duration {
	if p.mode == "redraw" {
		return 200 * time.Millisecond
	}
	return plainEvery
}

// show shows how far the command is, as often as its mode allows.
func (p *progress) show(line string) {
	switch p.mode {
	case "redraw":
		if time.Since(p.last) >= 100*time.Millisecond {
			p.last = time.Now()
			p.console.redraw(line)
		}
	case "plain":
		if time.Since(p.last) >= plainEvery-plainEvery/10 {
			p.last = time.Now()
			fmt.Fprintln(p.console, line)
		}
	}
}
