package wire

// Span is a stretch of a message: bytes from Start up to, not including, End.
type Span struct{ Start, End int }

// Locate returns where the values of the known fields stand in a message, by
// the names of the fields, whichever name the message uses; of a text what is
// between the quotes. A field that is not there has none, nor has any field of
// a malformed message.
func Locate(body []byte) map[string]Span {
	s := scanner{body: body}
	if !s.message() {
		return nil
	}
	found := map[string]Span{}
	for f := range fieldCount {
		if v := &s.fields[f]; v.kind != absent {
			found[fieldNames[f]] = Span{int(v.start), int(v.end)}
		}
	}
	return found
}
