package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

// rowFlags are the flags of each verb that prints rows.
type rowFlags struct {
	format, output string
	wide           bool
}

const formList = "table, markdown, tsv, csv, json, jsonl or vertical"

// addRowFlags adds the flags of a verb that prints rows. A verb that has an --output
// of its own looks at it itself.
func addRowFlags(cmd *cobra.Command) *rowFlags {
	f := &rowFlags{}
	cmd.Flags().StringVarP(&f.format, "format", "f", "", "`FORM` of the output: "+formList+" (default table)")
	if cmd.Flags().Lookup("output") == nil {
		cmd.Flags().StringVarP(&f.output, "output", "o", "", "the same as --format `FORM`")
	}
	cmd.Flags().BoolVar(&f.wide, "wide", false, "do not cut long cells of a table")
	return f
}

// form is the form in which rows are printed.
func (a *app) form(cmd *cobra.Command, f *rowFlags) (sheet.Form, error) {
	name, flag := f.format, "--format"
	if f.output != "" {
		if name != "" && name != f.output {
			return "", wrong(cmd, "--format %s and --output %s exclude each other", name, f.output)
		}
		name, flag = f.output, "--output"
	}
	form := sheet.Form(name)
	switch {
	case name == "" && a.json:
		form = sheet.AsJSON
	case name == "":
		form = sheet.AsTable
	case !slices.Contains(sheet.Forms, form):
		return "", wrong(cmd, "%s %s: want %s", flag, name, formList)
	case a.json && form != sheet.AsJSON && form != sheet.AsLines:
		return "", wrong(cmd, "--json and %s %s exclude each other", flag, name)
	}
	if f.wide && form != sheet.AsTable {
		return "", wrong(cmd, "--wide is for a table; %s has whole values", form)
	}
	return form, nil
}

// printRows prints rows: as wide as the terminal, and through a pager if they are
// longer than it.
func (a *app) printRows(ctx context.Context, rows *sheet.Rows, form sheet.Form, wide bool) error {
	width := a.out.width()
	if wide {
		width = sheet.Whole
	}
	pages := a.page()
	err := rows.Print(ctx, pages, sheet.Style{Form: form, Bold: a.bold, Width: width})
	return pages.end(err)
}

// printList prints rows that are in memory, under these names.
func (a *app) printList(ctx context.Context, names []string, rows [][]any, form sheet.Form, wide bool) error {
	return a.printRows(ctx, sheet.List(names, func(_ context.Context, row func([]any) error) error {
		for _, r := range rows {
			if err := row(r); err != nil {
				return err
			}
		}
		return nil
	}), form, wide)
}
