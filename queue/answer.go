package queue

import (
	"errors"
	"slices"
)

// Answer sorts the messages of one Publish, by index, by what became of them.
type Answer struct {
	Accepted []int // the broker has them durably
	Refused  []int // it has not: to be sent again later
	Unknown  []int // no answer: to be sent again, at the price of a duplicate
	TooBig   []int // refused for their size: alone and too big can never be sent
}

// AnswerOf says what the error of a Publish of n messages means. One without
// details leaves all of them without an answer.
func AnswerOf(n int, err error) (a Answer) {
	lists := make([]*[]int, n) // of each message, the one that it belongs to
	partial, ok := errors.AsType[*PartialError](err)
	for i := range lists {
		lists[i] = &a.Accepted
		if err != nil && !ok {
			lists[i] = &a.Unknown
		}
	}
	if ok {
		for _, i := range partial.Refused {
			lists[i] = &a.Refused
			if partial.TooBig {
				lists[i] = &a.TooBig
			}
		}
		for _, i := range partial.Unknown {
			lists[i] = &a.Unknown
		}
	}
	for i, list := range lists {
		*list = append(*list, i)
	}
	return a
}

// Again lists what is to be sent again, in order.
func (a *Answer) Again() []int {
	again := slices.Concat(a.Refused, a.Unknown)
	slices.Sort(again)
	return again
}
