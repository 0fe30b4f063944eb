package ledger

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Writer appends to a ledger. Append and Sent hand everything to the operating
// system before they return, so that a killed process leaves no sent message
// unlisted. The file is forced to disk by Close only: after a loss of power the
// end of the ledger may be missing. A Writer is not for concurrent use. After
// an error every later call returns an error.
type Writer struct {
	file   *os.File
	buffer *bufio.Writer
	encode *json.Encoder
	batch  []string // ids of the batch last appended
	sent   []bool   // which of them a sent line covers
	failed error
}

// Open opens the ledger in the file at path, making it when it is not there.
// What it holds is kept and gets longer; a last line that a kill cut off is
// removed. A file that is not a ledger is refused.
func Open(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	if err := mendTail(f); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, errors.Join(err, f.Close()))
	}
	buffer := bufio.NewWriterSize(f, 64<<10)
	encode := json.NewEncoder(buffer)
	encode.SetEscapeHTML(false)
	return &Writer{file: f, buffer: buffer, encode: encode}, nil
}

// Append lists a batch that is about to be published. When it returns an error
// the batch must not be published.
func (w *Writer) Append(batch []Line) error {
	if w.failed != nil {
		return w.failed
	}
	if len(batch) == 0 || len(batch) > MaxBatch {
		return fmt.Errorf("append to ledger: a batch has 1 to %d messages, not %d", MaxBatch, len(batch))
	}
	w.batch, w.sent = w.batch[:0], make([]bool, len(batch))
	size := len(batch)
	w.put(line{Batch: &size})
	for i := range batch {
		l := &batch[i]
		w.batch = append(w.batch, l.MessageID)
		out := line{Message: l.MessageID, Kind: l.Kind, BodySHA256: hex.EncodeToString(l.BodySHA256[:])}
		if l.Kind.Valid() {
			out.TransactionID, out.Fingerprint = l.TransactionID, hex.EncodeToString(l.Fingerprint[:])
		}
		w.put(out)
	}
	return w.flush("append to ledger")
}

// Sent notes that the broker durably has these messages of the batch last
// appended. The indexes are ascending, and each is given once in all calls.
func (w *Writer) Sent(indexes []int) error {
	if w.failed != nil || len(indexes) == 0 {
		return w.failed
	}
	out := line{Count: len(indexes)}
	last := -1
	for n, i := range indexes {
		if i <= last || i >= len(w.batch) || w.sent[i] {
			return fmt.Errorf("note sent messages in ledger: index %d is out of place", i)
		}
		w.sent[i] = true
		if n > 0 && i == last+1 {
			out.Sent[len(out.Sent)-1] = w.batch[i]
		} else {
			out.Sent = append(out.Sent, w.batch[i], w.batch[i])
		}
		last = i
	}
	w.put(out)
	return w.flush("note sent messages in ledger")
}

// Close forces the ledger to disk and closes its file.
func (w *Writer) Close() error {
	err := errors.Join(w.failed, w.file.Sync(), w.file.Close())
	w.failed = os.ErrClosed
	if err != nil {
		return fmt.Errorf("close ledger: %w", err)
	}
	return nil
}

// put buffers a line. Its error stays in the buffer and comes out in flush.
func (w *Writer) put(l line) {
	if err := w.encode.Encode(l); err != nil && w.failed == nil {
		w.failed = err
	}
}

func (w *Writer) flush(operation string) error {
	if err := errors.Join(w.failed, w.buffer.Flush()); err != nil {
		w.failed = fmt.Errorf("%s: %w", operation, err)
	}
	return w.failed
}

var errNotLedger = errors.New("this file is not a ledger, it does not begin with a batch")

// mendTail looks at the beginning of an existing file, cuts off a last line
// that has no end, and leaves the file at its end.
func mendTail(f *os.File) error {
	const begin = `{"batch":`
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	head := make([]byte, min(size, int64(len(begin))))
	if _, err := f.ReadAt(head, 0); err != nil && len(head) > 0 {
		return err
	}
	if string(head) != begin[:len(head)] {
		return errNotLedger
	}
	end, err := lastLineEnd(f, size)
	if err != nil {
		return err
	}
	if err := f.Truncate(end); err != nil {
		return err
	}
	_, err = f.Seek(end, io.SeekStart)
	return err
}

// lastLineEnd returns the offset behind the last line feed of the file.
func lastLineEnd(f *os.File, size int64) (int64, error) {
	block := make([]byte, 4096)
	for size > 0 {
		from := max(0, size-int64(len(block)))
		part := block[:size-from]
		if _, err := f.ReadAt(part, from); err != nil {
			return 0, err
		}
		for i := len(part) - 1; i >= 0; i-- {
			if part[i] == '\n' {
				return from + int64(i) + 1, nil
			}
		}
		size = from
	}
	return 0, nil
}
