package postgres

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// array is a column of a batch in PostgreSQL's binary form of an array. Its
// buffer is used again and again: encoding a batch costs a third of what
// general encoding does, and allocates nothing.
type array struct {
	b       []byte
	element uint32 // the type of the elements
	n       uint32
	nulls   bool
}

const (
	arrayHeader = 20
	// keepBuffer is how much an array keeps for the next transaction.
	keepBuffer = 512 << 10
)

func (a *array) reset(element uint32) {
	if cap(a.b) > keepBuffer {
		a.b = nil
	}
	if a.b == nil {
		a.b = make([]byte, arrayHeader, 4096)
	}
	a.b = a.b[:arrayHeader]
	a.element, a.n, a.nulls = element, 0, false
}

// value is the finished array.
func (a *array) value() []byte {
	b := a.b
	if a.n == 0 { // no dimensions
		b = b[:12]
		binary.BigEndian.PutUint32(b, 0)
	} else {
		binary.BigEndian.PutUint32(b, 1)
		binary.BigEndian.PutUint32(b[12:], a.n)
		binary.BigEndian.PutUint32(b[16:], 1) // indexes begin with 1
	}
	var flags uint32
	if a.nulls {
		flags = 1
	}
	binary.BigEndian.PutUint32(b[4:], flags)
	binary.BigEndian.PutUint32(b[8:], a.element)
	return b
}

func (a *array) null() {
	a.b = append(a.b, 0xff, 0xff, 0xff, 0xff)
	a.n++
	a.nulls = true
}

func (a *array) text(s string) {
	a.b = binary.BigEndian.AppendUint32(a.b, uint32(len(s)))
	a.b = append(a.b, s...)
	a.n++
}

// textOrNull writes empty text as NULL: it is absent.
func (a *array) textOrNull(s string) {
	if s == "" {
		a.null()
		return
	}
	a.text(s)
}

func (a *array) bytes(b []byte) {
	a.b = binary.BigEndian.AppendUint32(a.b, uint32(len(b)))
	a.b = append(a.b, b...)
	a.n++
}

func (a *array) bytesOrNull(b []byte) {
	if b == nil {
		a.null()
		return
	}
	a.bytes(b)
}

func (a *array) integer(v int64) {
	a.b = append(a.b, 0, 0, 0, 8)
	a.b = binary.BigEndian.AppendUint64(a.b, uint64(v))
	a.n++
}

func (a *array) boolean(v bool) {
	a.b = append(a.b, 0, 0, 0, 1, 0)
	if v {
		a.b[len(a.b)-1] = 1
	}
	a.n++
}

func (a *array) time(t time.Time) {
	a.b = append(a.b, 0, 0, 0, 8)
	a.b = appendTime(a.b, t)
	a.n++
}

// numeric writes an amount in minor units with so many decimals.
func (a *array) numeric(minor int64, decimals int) {
	at := len(a.b)
	a.b = append(a.b, 0, 0, 0, 0)
	a.b = appendNumeric(a.b, minor, decimals)
	binary.BigEndian.PutUint32(a.b[at:], uint32(len(a.b)-at-4))
	a.n++
}

// epoch is PostgreSQL's, 2000-01-01, in microseconds since 1970.
const epoch = 946_684_800_000_000

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixMicro()-epoch))
}

// The types that columns are sent as.
const (
	typeBool    = pgtype.BoolOID
	typeBytes   = pgtype.ByteaOID
	typeInteger = pgtype.Int8OID
	typeJSON    = pgtype.JSONOID
	typeNumeric = pgtype.NumericOID
	typeText    = pgtype.TextOID
	typeTime    = pgtype.TimestamptzOID
)

// Single parameters, in binary.

func textParam(s string) []byte { return []byte(s) }

func textOrNullParam(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func integerParam(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

// textArray is an array of all these.
func textArray(all []string) []byte {
	var a array
	a.reset(typeText)
	for _, s := range all {
		a.text(s)
	}
	return a.value()
}

func timeParam(t time.Time) []byte { return appendTime(nil, t) }

func timeOrNullParam(t time.Time) []byte {
	if t.IsZero() {
		return nil
	}
	return timeParam(t)
}

// jsonOf writes a value that always marshals: strings, maps and slices of them.
func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
