package app

import (
	"bufio"
	"encoding/csv"
	"strings"
	"unicode/utf8"
)

// rowWriter writes the rows of an export.
type rowWriter[T any] interface {
	header() error
	row(*T) error
}

func newRowWriter[T any](w *bufio.Writer, f RowForm, columns []column[T]) rowWriter[T] {
	if f.Format == NDJSON {
		return &objectRows[T]{w: w, columns: columns}
	}
	return &csvRows[T]{w: w, csv: csv.NewWriter(w), columns: columns, spreadsheet: f.Spreadsheet, record: make([]string, len(columns))}
}

// csvRows writes CSV. Its lines end with LF, as tools on a command line expect
// and spreadsheets accept: with CRLF the csv package would change line ends
// inside of values, too.
type csvRows[T any] struct {
	w           *bufio.Writer // below csv, which writes straight into it
	csv         *csv.Writer
	columns     []column[T]
	spreadsheet bool
	record      []string
}

// byteOrderMark tells a spreadsheet that a file is UTF-8.
const byteOrderMark = "\uFEFF"

func (c *csvRows[T]) header() error {
	if c.spreadsheet {
		if _, err := c.w.WriteString(byteOrderMark); err != nil {
			return err
		}
	}
	return c.csv.Write(columnNames(c.columns))
}

func (c *csvRows[T]) row(v *T) error {
	for i, column := range c.columns {
		c.record[i] = ""
		if cell := column.value(v); cell != nil {
			c.record[i] = *cell
		}
		if c.spreadsheet {
			c.record[i] = inert(c.record[i])
		}
	}
	if len(c.record) == 1 && c.record[0] == "" {
		_, err := c.w.WriteString("\"\"\n") // a blank line would be no row to most readers
		return err
	}
	return c.csv.Write(c.record)
}

// inert keeps a spreadsheet from taking a cell for a formula: what was sent to
// the queue could otherwise call programs or send cells elsewhere when somebody
// opens the file. The wide forms are what Excel takes for the narrow ones.
func inert(cell string) string {
	if first, size := utf8.DecodeRuneInString(cell); size > 0 && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

// objectRows writes one JSON object a line, as payments list does.
type objectRows[T any] struct {
	w       *bufio.Writer
	columns []column[T]
	line    []byte
}

func (o *objectRows[T]) header() error { return nil }

func (o *objectRows[T]) row(v *T) error {
	b := o.line[:0]
	for i, column := range o.columns {
		b = append(b, `{,`[min(i, 1)])
		b = append(b, '"')
		b = append(b, column.name...)
		b = append(b, `":`...)
		switch cell := column.value(v); {
		case cell == nil:
			b = append(b, "null"...)
		case column.json:
			b = append(b, *cell...)
		default:
			b = appendJSON(b, *cell)
		}
	}
	o.line = append(b, "}\n"...)
	_, err := o.w.Write(o.line)
	return err
}

// appendJSON appends a text as encoding/json writes it. Most have nothing to
// escape, and are many.
func appendJSON(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := plainJSON(text) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
