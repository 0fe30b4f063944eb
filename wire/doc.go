// Package wire turns the bytes of a message into a payment event and back.
//
// Way of a message through Decode: decode.go judges its size; scan.go,
// member.go, text.go, number.go and keys.go read its whole syntax in one pass
// and note where each known field (field.go) stands; event.go makes the event
// of them; error.go and fault.go say what was wrong. encode.go goes the other
// way.
package wire
