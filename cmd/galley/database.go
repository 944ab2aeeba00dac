package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
)

// database is a backend whose tables are known by name.
type database interface {
	store.Backend
	Tables(ctx context.Context) ([]*schema.Schema, error)
}

// onServer reports whether name is a postgres:// URL, not the path of a file.
func onServer(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// backend opens a database by its path or URL.
func backend(ctx context.Context, name string, opts postgres.Options) (database, error) {
	if onServer(name) {
		return postgres.Open(ctx, name, opts)
	}
	if opts.ReadOnly {
		if err := there(name); err != nil {
			return nil, err
		}
	}
	return sqlite.Open(ctx, name, sqlite.Options{ReadOnly: opts.ReadOnly})
}

// serverFlag is a flag that is about one side of a copy, which must be on a
// server.
type serverFlag struct {
	name  string
	is    string // what the flag says
	arg   int    // of the side among the arguments
	other string // the flag that is about the other side, "" for none
}

var serverFlags = []serverFlag{
	{"schema", "is the namespace of a DST", 1, "from-schema"},
	{"distribute-by", "spreads the tables of a DST", 1, ""},
	{"servers", "spreads the tables of a DST", 1, ""},
	{"from-schema", "is the namespace of a SRC", 0, "schema"},
}

// checkServerFlags refuses flags that cannot be meant.
func checkServerFlags(cmd *cobra.Command, args []string) error {
	for _, f := range serverFlags {
		given := cmd.Flags().Lookup(f.name)
		if !given.Changed {
			continue
		}
		if !onServer(args[f.arg]) {
			hint := ""
			if f.other != "" && onServer(args[1-f.arg]) {
				hint = "; for the other side say --" + f.other
			}
			return wrong(cmd, "--%s %s on a server, and %s is a file%s", f.name, f.is, args[f.arg], hint)
		}
		if text := given.Value.String(); text == "" || text == "[]" {
			return wrong(cmd, "--%s is empty; name it, or leave the flag out", f.name)
		}
	}
	if cmd.Flags().Changed("servers") && !cmd.Flags().Changed("distribute-by") {
		return wrong(cmd, "--servers needs --distribute-by COLUMN: which part a row belongs to")
	}
	return nil
}
