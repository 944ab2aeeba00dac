package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/live"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
)

// servePage serves the live page of a file, a spool or a server until the
// context ends.
func (a *app) servePage(cmd *cobra.Command, name, address, namespace, list, by string, every time.Duration) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return wrong(cmd, "--http %s: want HOST:PORT, such as 127.0.0.1:8080", address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if cmd.Flags().Changed("schema") && !onServer(name) {
		return wrong(cmd, "--schema is the namespace of a postgres:// URL, and %s is not one", name)
	}
	opts, err := expecting(cmd, name, list, by)
	if err != nil {
		return err
	}
	opts.Every = every
	serve := func(ctx context.Context, source live.Source) error {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			return fmt.Errorf("--http %s: %w; give another port, or 0 for a free one", address, err)
		}
		return live.Serve(ctx, l, source, opts, func(url string) { a.say("serving %s until Ctrl-C", url) })
	}
	switch {
	case spool.IsSpool(name):
		return serve(cmd.Context(), live.Spool{Dir: name})
	case onServer(name):
		db, err := postgres.Open(cmd.Context(), name, postgres.Options{ReadOnly: true, Schema: namespace})
		if err != nil {
			return err
		}
		defer db.Close()
		return serve(cmd.Context(), live.Remote(db, withoutPassword(name)))
	}
	return reading(cmd.Context(), name, func(db *sqlite.DB) error { return serve(cmd.Context(), live.File(db)) })
}

// expecting reads the batches of --expect, and how --by groups them.
func expecting(cmd *cobra.Command, name, list, by string) (live.Options, error) {
	opts := live.Options{KeyName: ownkey.Asked}
	if cmd.Flags().Changed("by") {
		pattern, err := regexp.Compile(by)
		if err != nil {
			return opts, wrong(cmd, "--by %s: %v; want a regular expression, such as '^[a-z]+'", by, err)
		}
		opts.Group = live.GroupBy(pattern)
	}
	if !cmd.Flags().Changed("expect") {
		return opts, nil
	}
	if spool.IsSpool(name) {
		return opts, wrong(cmd, "--expect needs a database; a spool does not list the keys of its batches")
	}
	keys, err := expected(list)
	if err == nil && len(keys) == 0 {
		return opts, wrong(cmd, "--expect %s: the list has no keys; write one a line", list)
	}
	for _, k := range keys {
		opts.Expect = append(opts.Expect, live.Key{Table: k.Table, Key: k.Key})
	}
	return opts, err
}

// withoutPassword is a URL as a page may show it.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a server"
	}
	u.RawQuery = "" // which may hold one, too
	return u.Redacted()
}
