package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/cobra"

	"recibo/internal/app"
)

// longestLine bounds one message that is read from a file of many, in bytes.
const longestLine = 64 << 20

func (e *environment) publish() *cobra.Command {
	whole := false
	cmd := &cobra.Command{
		Use:   "publish [FILE…|-]",
		Short: "Publish messages from files: one a line, or one a file with --whole.",
		Long:  "Blank lines are passed over. Without a FILE, or with -, it reads standard input.",
		Example: "  echo '{\"transaction_id\":\"A-1\",\"valor\":\"150.75\",\"conta_pagador\":\"BR18-1\",\"conta_beneficiario\":\"BR97-2\"," +
			"\"data_hora\":\"2026-11-23T14:15:03-03:00\"}' | recibo publish -",
	}
	cmd.Flags().BoolVar(&whole, "whole", false, "each file is one message, byte for byte")
	return e.with(cmd, settings{names: join(queueSettings, []string{"wait", "output"})},
		func(cmd *cobra.Command, a *app.App, files []string) error {
			if len(files) == 0 {
				files = []string{"-"}
			}
			if err := readable(files); err != nil {
				return err
			}
			p, err := a.Publish(cmd.Context(), e.pieces(files, whole))
			if err != nil && p.Sent == 0 {
				return err
			}
			printErr := e.result(a.Config.Output, p, func() [][]string {
				return [][]string{{"sent", number(p.Sent)}, {"refused", number(p.Refused)}, {"in doubt", number(p.InDoubt)},
					{"elapsed", milliseconds(p.ElapsedMS)}, {"per second", number(p.PerSecond)}}
			})
			if err == nil {
				err = printErr
			}
			if err == nil {
				err = app.CheckPublished(p)
			}
			return err
		})
}

// readable is checked for all files before anything is sent.
func readable(files []string) error {
	for _, name := range files {
		if name == "-" {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			return &app.UsageError{Err: fmt.Errorf("publish: %w", err), Tip: "check the path, or write - for standard input"}
		}
		_ = f.Close() // only looked at
	}
	return nil
}

// pieces reads the messages of all files.
func (e *environment) pieces(files []string, whole bool) iter.Seq2[app.Piece, error] {
	return func(yield func(app.Piece, error) bool) {
		for _, name := range files {
			if !e.piecesOf(name, whole, yield) {
				return
			}
		}
	}
}

func (e *environment) piecesOf(name string, whole bool, yield func(app.Piece, error) bool) bool {
	in, where := e.stdin, "stdin"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			yield(app.Piece{}, err)
			return false
		}
		defer f.Close()
		in, where = f, name
	}
	if whole {
		body, err := io.ReadAll(in)
		return yield(app.Piece{Where: where, Body: body}, err) && err == nil
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	number := 0
	for lines.Scan() {
		number++
		line := lines.Bytes()
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if !yield(app.Piece{Where: fmt.Sprintf("%s:%d", where, number), Body: bytes.Clone(line)}, nil) {
			return false
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("publish: %s:%d: a line of more than 64 MiB", where, number+1)
		}
		yield(app.Piece{}, err)
		return false
	}
	return true
}
