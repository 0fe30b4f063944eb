package app

import (
	"context"
	"fmt"

	"recibo/quarantine"
	"recibo/store"
)

// tell collects what the story shows.
func (d *demoRun) tell(ctx context.Context, result *Demo) error {
	reader := d.store.Reader()
	outages, err := reader.Outages(ctx, store.OutageQuery{})
	if err != nil {
		return err
	}
	for i := range outages.Items {
		result.Outages = append(result.Outages, viewOutage(&outages.Items[i]))
	}
	causes, err := reader.Causes(ctx, store.EntryQuery{})
	if err != nil {
		return err
	}
	for _, c := range causes {
		result.Causes = append(result.Causes, viewCause(c))
	}
	entries, err := reader.Entries(ctx, store.EntryQuery{Reasons: []quarantine.Reason{quarantine.Conflict}, Limit: 1, WithoutBody: true})
	if err != nil {
		return err
	}
	for _, e := range entries.Items {
		result.Example = e.TransactionID
	}
	result.Hint, err = d.exampleHint(ctx, reader)
	return err
}

// exampleHint is what an invalid entry says about mending it.
func (d *demoRun) exampleHint(ctx context.Context, reader store.Reader) (string, error) {
	page, err := reader.Entries(ctx, store.EntryQuery{Reasons: []quarantine.Reason{quarantine.Invalid}, Limit: 50, WithoutBody: true})
	if err != nil {
		return "", err
	}
	for _, e := range page.Items {
		for _, f := range e.FieldErrors {
			if f.Hint != "" {
				return fmt.Sprintf("%s: %s: %s", f.Field, f.Code, f.Hint), nil
			}
		}
	}
	return "", nil
}
