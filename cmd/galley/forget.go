package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// forgotten is a batch that was removed, as --json prints it.
type forgotten struct {
	Key   string `json:"key"`
	Found bool   `json:"found"`
	Rows  int64  `json:"rows"`
}

func newForget(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "forget FILE TABLE KEY...",
		Short: "Remove batches with their rows, so that they can be stored again",
		Long: `Remove the batches of a table that have these keys: their rows, the rejected
rows among them, and their entries in the ledger, each batch in one transaction.
The keys can be stored again afterwards. "galley batches" lists them.

The table needs a batch column, which records the batch of each row. Without it,
forget removes nothing. The exit status is 1 if a key is not stored.`,
		Example: `  galley forget features.db aseg sub-01_ses-1 sub-02_ses-1`,
		Args:    between(3, "FILE", "TABLE", "KEY..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writing(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := described(cmd.Context(), db, args[1])
				if err != nil {
					return err
				}
				all, missing := []forgotten{}, 0
				for _, key := range args[2:] {
					rows, err := db.Forget(cmd.Context(), s, key)
					found := !errors.Is(err, store.ErrNoBatch)
					if err != nil && found {
						if len(all) > missing {
							a.say("removed %s before the error", several(int64(len(all)-missing), "batch"))
						}
						if errors.Is(err, store.ErrNoBatchColumn) && s.Batch() < 0 {
							err = fmt.Errorf("table %s does not record the batch of each row: %w", sheet.Printable(s.Name()), store.ErrNoBatchColumn)
						}
						return err
					}
					if !found {
						missing++
						a.say("%s has no batch %s", sheet.Printable(s.Name()), sheet.Printable(key))
					}
					all = append(all, forgotten{key, found, rows})
				}
				if a.json {
					if err := a.printJSON(all); err != nil {
						return err
					}
				} else {
					rows := int64(0)
					for _, f := range all {
						rows += f.Rows
					}
					fmt.Fprintf(a.out, "removed %s with %s\n", several(int64(len(all)-missing), "batch"), several(rows, "row"))
				}
				if missing > 0 {
					return errReported
				}
				return nil
			})
		},
	}
}
