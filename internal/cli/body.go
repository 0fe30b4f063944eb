package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"recibo/internal/app"
)

// widest is how much of a long line is shown around what is marked in it.
const widest = 160

// writeBody writes a body line by line, under each line the marks in it; of a
// long line the part with the first mark once more. What a terminal would not
// print is written as its number.
func writeBody(out io.StringWriter, body []byte, marks []app.Mark, sign string) {
	offset := 0
	for line := range bytes.Lines(body) {
		var here []app.Mark
		for _, m := range marks {
			if last := offset+len(line) == len(body); m.Offset >= offset && (m.Offset < offset+len(line) || last) {
				here = append(here, m)
			}
		}
		line, size := bytes.TrimRight(line, "\r\n"), len(line)
		shown, carets := drawLine(line, offset, here)
		if whole, _ := drawLine(line, offset, nil); whole != shown {
			_, _ = out.WriteString(sign + whole + "\n")
			sign = strings.Repeat(" ", len(sign))
		}
		_, _ = out.WriteString(sign + shown + "\n") // the error stays in the buffered output
		if carets != "" {
			_, _ = out.WriteString(strings.Repeat(" ", len(sign)) + carets + "\n")
		}
		offset += size
	}
	if len(body) == 0 {
		_, _ = out.WriteString(sign + "(empty)\n")
	}
}

// drawLine returns a line as it can be printed, and carets below what is marked.
func drawLine(line []byte, offset int, marks []app.Mark) (shown, carets string) {
	var text, below []rune
	first := -1
	for at := 0; at <= len(line); {
		r, size := utf8.DecodeRune(line[at:])
		piece := string(r)
		switch {
		case at == len(line):
			size, piece = 1, ""
		case r == utf8.RuneError && size == 1 || printable(piece) != piece:
			piece = fmt.Sprintf("<%X>", line[at:at+size])
		}
		caret := ' '
		for _, m := range marks {
			if offset+at >= m.Offset && offset+at < max(m.End, m.Offset+1) {
				caret = '^'
			}
		}
		if caret == '^' && first < 0 {
			first = len(text)
		}
		width := len([]rune(piece))
		if at == len(line) && caret == '^' {
			width = 1 // what is missing at the end
		}
		text = append(text, []rune(piece)...)
		for range width {
			below = append(below, caret)
		}
		at += size
	}
	from, to := 0, len(text)
	if first >= 0 && len(text) > widest {
		from = max(0, first-widest/2)
		to = min(len(text), from+widest)
	}
	shown = string(text[from:to])
	if first < 0 {
		return shown, ""
	}
	carets = strings.TrimRight(string(below[from:min(len(below), to+1)]), " ")
	if from > 0 {
		shown, carets = "…"+shown, " "+carets
	}
	if to < len(text) {
		shown += "…"
	}
	return shown, carets
}
