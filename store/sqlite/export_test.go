package sqlite

import "recibo/store"

// EntryFilter is what Entries and Causes restrict the table to.
func EntryFilter(q store.EntryQuery) (conditions string, args []any) {
	w := entryFilter(&q)
	return w.String(), w.args
}
