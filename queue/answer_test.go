package queue_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/queue"
)

func TestAnswerOf(t *testing.T) {
	errOwn := errors.New("gone")
	for name, c := range map[string]struct {
		err   error
		want  queue.Answer
		again []int
	}{
		"all well":        {nil, queue.Answer{Accepted: []int{0, 1, 2, 3}}, nil},
		"without details": {errOwn, queue.Answer{Unknown: []int{0, 1, 2, 3}}, []int{0, 1, 2, 3}},
		"in part": {fmt.Errorf("publish: %w", &queue.PartialError{Refused: []int{3, 0}, Unknown: []int{2}, Err: errOwn}),
			queue.Answer{Accepted: []int{1}, Refused: []int{0, 3}, Unknown: []int{2}}, []int{0, 2, 3}},
		"too big": {&queue.PartialError{Refused: []int{1}, Unknown: []int{3}, TooBig: true, Err: errOwn},
			queue.Answer{Accepted: []int{0, 2}, TooBig: []int{1}, Unknown: []int{3}}, []int{3}},
		"named twice": {&queue.PartialError{Refused: []int{1}, Unknown: []int{1}, Err: errOwn},
			queue.Answer{Accepted: []int{0, 2, 3}, Unknown: []int{1}}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := queue.AnswerOf(4, c.err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.again, got.Again()); diff != "" {
				t.Errorf("again: %s", diff)
			}
		})
	}
}
