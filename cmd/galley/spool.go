package main

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/spool"
)

// spoolStatus prints what is in the spool in the folder dir.
func (a *app) spoolStatus(ctx context.Context, dir string) error {
	r, err := spool.Inspect(ctx, dir, false)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "%s\n", r.Path)
	fmt.Fprintf(a.out, "  damaged     %d\n", len(r.Damaged))
	fmt.Fprintf(a.out, "  unfinished  %d\n", len(r.Temps))
	fmt.Fprintf(a.out, "  foreign     %d\n\n", len(r.Foreign))
	t := a.table([]string{"table", "waiting", "bytes", "oldest", "collected", "rows collected"}, 1, 2, 4, 5)
	for _, row := range r.Tables {
		err := t.Add(sheet.Printable(row.Table), fmt.Sprint(row.Waiting), doctor.Size(row.Bytes), clock(row.Oldest),
			fmt.Sprint(row.Collected), fmt.Sprint(row.CollectedRows))
		if err != nil {
			return err
		}
	}
	return t.Flush()
}
