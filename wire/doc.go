// Package wire turns the bytes of a message into a payment event and back.
package wire
