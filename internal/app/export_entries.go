package app

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strconv"
	"unicode/utf8"

	"recibo/quarantine"
	"recibo/store"
)

// EntryExport says which entries are exported, and how.
type EntryExport struct {
	Query store.EntryQuery // order and page are the export's own
	RowForm
	ShowAccounts bool
	ShowBody     bool
}

// entryRow is an entry as a row, and its bodies.
type entryRow struct {
	Entry
	sha256       string
	body, mended []byte
}

var entryColumns = []column[entryRow]{
	{name: "id", value: func(r *entryRow) *string { return &r.ID }},
	{name: "reason", value: func(r *entryRow) *string { return (*string)(&r.Reason) }},
	{name: "state", value: func(r *entryRow) *string { return (*string)(&r.State) }},
	{name: "detail", value: func(r *entryRow) *string { return &r.Detail }},
	{name: "field_errors", value: func(r *entryRow) *string { return jsonCell(r.FieldErrors) }, json: true},
	{name: "transaction_id", value: func(r *entryRow) *string { return r.TransactionID }},
	{name: "amount", value: func(r *entryRow) *string { return r.Amount }},
	{name: "currency", value: func(r *entryRow) *string { return r.Currency }},
	{name: "seen", value: func(r *entryRow) *string { return jsonCell(r.Seen) }, json: true},
	{name: "first_seen_at", value: func(r *entryRow) *string { return &r.FirstSeenAt }},
	{name: "last_seen_at", value: func(r *entryRow) *string { return &r.LastSeenAt }},
	{name: "attempt", value: func(r *entryRow) *string { return jsonCell(r.Attempt) }, json: true},
	{name: "queue", value: func(r *entryRow) *string { return &r.Queue }},
	{name: "position", value: func(r *entryRow) *string { return &r.Position }},
	{name: "headers", value: func(r *entryRow) *string { return jsonCell(r.Headers) }, json: true},
	{name: "body_bytes", value: func(r *entryRow) *string { return jsonCell(r.BodyBytes) }, json: true},
	{name: "body_sha256", value: func(r *entryRow) *string { return &r.sha256 }},
	{name: "truncated", value: func(r *entryRow) *string { return new(strconv.FormatBool(r.Truncated)) }, json: true},
	{name: "mended", value: func(r *entryRow) *string { return new(strconv.FormatBool(r.Mended)) }, json: true},
	{name: "redrive_id", value: func(r *entryRow) *string { return r.RedriveID }},
}

// bodyColumns are there only when they are asked for.
var bodyColumns = []column[entryRow]{
	{name: "body", value: func(r *entryRow) *string { return bodyCell(r.body) }},
	{name: "body_encoding", value: func(r *entryRow) *string { return bodyEncoding(r.body) }},
	{name: "mended_body", value: func(r *entryRow) *string { return bodyCell(r.mended) }},
	{name: "mended_body_encoding", value: func(r *entryRow) *string { return bodyEncoding(r.mended) }},
}

func jsonCell(v any) *string {
	b, err := plainJSON(v)
	if err != nil {
		return nil // numbers, texts and maps of texts always marshal
	}
	return new(string(b))
}

func bodyCell(body []byte) *string {
	switch {
	case body == nil:
		return nil
	case utf8.Valid(body):
		return new(string(body))
	}
	return new(base64.StdEncoding.EncodeToString(body))
}

func bodyEncoding(body []byte) *string {
	switch {
	case body == nil:
		return nil
	case utf8.Valid(body):
		return new("utf-8")
	}
	return new("base64")
}

// entriesWithBodies bounds a page of an export with bodies.
const entriesWithBodies = 100

// ExportEntries writes every entry that x selects to w, the latest first, as
// ExportPayments does with payments, and returns how many.
func (a *App) ExportEntries(ctx context.Context, x EntryExport, w io.Writer, progress func(rows int64)) (int64, error) {
	if err := x.check(); err != nil {
		return 0, err
	}
	s, err := a.readStore(ctx)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	q, columns := x.Query, entryColumns
	q.Order, q.Limit, q.WithoutBody = store.NewestFirst, store.MaxPage, !x.ShowBody
	if x.ShowBody {
		q.Limit = entriesWithBodies
		columns = append(columns[:len(columns):len(columns)], bodyColumns...)
	}
	fetch := func(ctx context.Context, after string) (store.Page[quarantine.Entry], error) {
		q.After = after
		return s.Reader().Entries(ctx, q)
	}
	return exportPages(ctx, a, w, x.RowForm, columns, fetch, func(e *quarantine.Entry) *entryRow {
		return &entryRow{Entry: viewEntry(e, x.ShowAccounts, false), sha256: hex.EncodeToString(e.BodySHA256[:]), body: e.Body, mended: e.MendedBody}
	}, progress)
}
