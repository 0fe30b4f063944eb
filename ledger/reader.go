package ledger

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine bounds a line in bytes: the longest, a sent line of a batch of
// MaxBatch of which every other message was sent, stays below it.
const maxLine = 1 << 20

// Read yields the messages of a ledger in the order of the file. It holds one
// batch in memory. A last line without its end is what a kill leaves, and is
// passed over; any other line that is not as the package says ends the sequence
// with an error that names its number. An error stands alone: the Line with it
// is empty.
func Read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		lines := bufio.NewReaderSize(r, 64<<10)
		var b batch
		for number := 1; ; number++ {
			text, err := readLine(lines)
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				var more bool
				more, err = b.take(text, yield)
				if err == nil && !more {
					return
				}
			}
			if err != nil {
				yield(Line{}, fmt.Errorf("read ledger: line %d: %w", number, err))
				return
			}
		}
		b.drain(yield)
	}
}

var errLongLine = fmt.Errorf("it is longer than %d bytes", maxLine)

// readLine returns the next whole line, io.EOF at the end of the file, which
// may come in the middle of a line.
func readLine(r *bufio.Reader) ([]byte, error) {
	text, err := r.ReadSlice('\n')
	if err == nil {
		return text, nil
	}
	var long []byte
	for errors.Is(err, bufio.ErrBufferFull) {
		long = append(long, text...)
		if len(long) > maxLine {
			return nil, errLongLine
		}
		text, err = r.ReadSlice('\n')
	}
	if err != nil {
		return nil, err
	}
	return append(long, text...), nil
}

// batch is the messages read since the last batch line.
type batch struct {
	announced int
	lines     []Line
}

// take reads one line. It yields the held batch when the line begins another,
// and reports whether to go on.
func (b *batch) take(text []byte, yield func(Line, error) bool) (more bool, err error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return false, fmt.Errorf("not a line of a ledger: %w", err)
	}
	switch {
	case l.Batch != nil && l.Message == "" && l.Sent == nil:
		if *l.Batch < 1 || *l.Batch > MaxBatch {
			return false, fmt.Errorf("a batch has 1 to %d messages, not %d", MaxBatch, *l.Batch)
		}
		more := b.drain(yield)
		b.announced, b.lines = *l.Batch, b.lines[:0]
		return more, nil
	case l.Message != "" && l.Batch == nil && l.Sent == nil:
		return true, b.add(l)
	case l.Sent != nil && l.Batch == nil && l.Message == "":
		return true, b.settle(l)
	}
	return false, errors.New("it is neither a batch, a message nor a sent line")
}

func (b *batch) drain(yield func(Line, error) bool) bool {
	for _, l := range b.lines {
		if !yield(l, nil) {
			return false
		}
	}
	return true
}

func (b *batch) add(l line) error {
	if len(b.lines) >= b.announced {
		return fmt.Errorf("message %q is more than the batch announced", l.Message)
	}
	m := Line{MessageID: l.Message, Kind: l.Kind, TransactionID: l.TransactionID, InDoubt: true}
	if !l.Kind.known() {
		return fmt.Errorf("unknown kind %q", l.Kind)
	}
	if err := readHash(m.BodySHA256[:], "body_sha256", l.BodySHA256); err != nil {
		return err
	}
	if l.Kind.Valid() != (l.TransactionID != "") || l.Kind.Valid() != (l.Fingerprint != "") {
		return fmt.Errorf("a message of kind %s has an id and a fingerprint if it is a valid event, else none", l.Kind)
	}
	if l.Kind.Valid() {
		if err := readHash(m.Fingerprint[:], "fingerprint", l.Fingerprint); err != nil {
			return err
		}
	}
	b.lines = append(b.lines, m)
	return nil
}

func readHash(into []byte, name, text string) error {
	if len(text) != 2*len(into) {
		return fmt.Errorf("%s is not a SHA-256 in hexadecimal", name)
	}
	if _, err := hex.Decode(into, []byte(text)); err != nil {
		return fmt.Errorf("%s is not a SHA-256 in hexadecimal", name)
	}
	return nil
}

// settle takes the messages that a sent line covers out of doubt.
func (b *batch) settle(l line) error {
	if len(l.Sent) == 0 || len(l.Sent)%2 != 0 {
		return errors.New("a sent line has pairs of first and last message")
	}
	at, covered := 0, 0
	for pair := 0; pair < len(l.Sent); pair += 2 {
		first, last := l.Sent[pair], l.Sent[pair+1]
		for at < len(b.lines) && b.lines[at].MessageID != first {
			at++
		}
		for done := false; !done; at++ {
			if at >= len(b.lines) {
				return fmt.Errorf("it says that %q to %q were sent, which the batch does not hold in this order", first, last)
			}
			if !b.lines[at].InDoubt {
				return fmt.Errorf("it says a second time that %q was sent", b.lines[at].MessageID)
			}
			b.lines[at].InDoubt = false
			covered++
			done = b.lines[at].MessageID == last
		}
	}
	if covered != l.Count {
		return fmt.Errorf("it counts %d messages and names %d", l.Count, covered)
	}
	return nil
}
