// Package wire turns the bytes of a message into a payment event or a control
// total, and back.
//
// Way of a message through Read: decode.go judges its size; scan.go, member.go,
// text.go, number.go and keys.go read its whole syntax in one pass and note
// where each known field of an event (field.go) stands; event.go makes the
// event of them; error.go and fault.go say what was wrong. A message that turned
// out to be a control total is walked through once more (walk.go), by
// control.go with control_field.go. encode.go goes the other way.
package wire
