package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"recibo/store"
)

// ExportFormat is how an export is written.
type ExportFormat string

// The formats.
const (
	CSV    ExportFormat = "csv"    // as RFC 4180, with a header; lines end with LF
	NDJSON ExportFormat = "ndjson" // one object a line
)

// RowForm is how the rows of an export are written.
type RowForm struct {
	Format      ExportFormat
	Spreadsheet bool // CSV that a spreadsheet reads as text and never as formulas
}

// check returns a *UsageError for a form that there is not.
func (f RowForm) check() error {
	switch {
	case f.Format != CSV && f.Format != NDJSON:
		return usage("write csv or ndjson", "flag --format: %q is not one of csv, ndjson", f.Format)
	case f.Spreadsheet && f.Format != CSV:
		return usage("leave one of them out", "flag --spreadsheet: spreadsheets read csv, not %s", f.Format)
	}
	return nil
}

// PaymentExport says which payments are exported, and how.
type PaymentExport struct {
	Query          store.PaymentQuery // order and page are the export's own
	RecordedBefore time.Time          // leaves out what was recorded since; zero: nothing
	Columns        []string           // of PaymentColumns; nil: all
	RowForm
	ShowAccounts bool
}

// Check returns a *UsageError when the export cannot be made as it is asked
// for.
func (x *PaymentExport) Check() error {
	if _, err := x.columns(); err != nil {
		return err
	}
	return x.check()
}

// exportBuffer is how much is handed to a file or pipe at once, in bytes.
const exportBuffer = 64 << 10

// ExportPayments writes every payment that x selects to w, the latest first,
// and returns how many. Nothing is written before the store answers. After each
// page it tells progress how many there are so far. A store that goes away on
// the way is waited for as at the start.
func (a *App) ExportPayments(ctx context.Context, x PaymentExport, w io.Writer, progress func(rows int64)) (int64, error) {
	if err := x.Check(); err != nil {
		return 0, err
	}
	s, err := a.readStore(ctx)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return a.exportPayments(ctx, s.Reader(), x, w, progress)
}

func (a *App) exportPayments(ctx context.Context, r store.Reader, x PaymentExport, w io.Writer, progress func(int64)) (int64, error) {
	columns, err := x.columns()
	if err != nil {
		return 0, err
	}
	q := x.Query
	q.Order, q.Limit = store.NewestFirst, store.MaxPage
	fetch := func(ctx context.Context, after string) (store.Page[store.Payment], error) {
		if q.After = after; after != "" {
			// All that follows is before Until; with both bounds a database may take
			// this one and read what was exported already, for every page.
			q.Until = time.Time{}
		}
		return r.Payments(ctx, q)
	}
	return exportPages(ctx, a, w, x.RowForm, columns, fetch, func(p *store.Payment) *Payment {
		if !x.RecordedBefore.IsZero() && !p.RecordedAt.Before(x.RecordedBefore) {
			return nil
		}
		return new(viewPayment(p, x.ShowAccounts))
	}, progress)
}

// exportPages writes a row of every item that view does not leave out.
func exportPages[P, V any](ctx context.Context, a *App, w io.Writer, form RowForm, columns []column[V],
	fetch func(ctx context.Context, after string) (store.Page[P], error), view func(*P) *V, progress func(int64)) (rows int64, err error) {
	buffer := bufio.NewWriterSize(w, exportBuffer)
	out := newRowWriter(buffer, form, columns)
	if err := out.header(); err != nil {
		return 0, fmt.Errorf("write export: %w", err)
	}
	for after := ""; ; {
		page, err := await(ctx, a, store.StoreComponent, a.Config.Store, func(ctx context.Context) (store.Page[P], error) { return fetch(ctx, after) })
		if err != nil {
			return rows, err
		}
		for i := range page.Items {
			v := view(&page.Items[i])
			if v == nil {
				continue
			}
			if err := out.row(v); err != nil {
				return rows, fmt.Errorf("write export: %w", err)
			}
			rows++
		}
		if err := buffer.Flush(); err != nil {
			return rows, fmt.Errorf("write export: %w", err)
		}
		progress(rows)
		if after = page.Next; after == "" {
			return rows, nil
		}
		if err := ctx.Err(); err != nil {
			return rows, err
		}
	}
}
