package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// file judges the import of one file.
func (j *judge) file(ctx context.Context, path string) verdict {
	want, duckErr := j.duck.read(ctx, path)
	if strings.HasPrefix(filepath.Base(path), "n_") { // JSONTestSuite's name for what must be refused
		duckErr = errInvalid
	}
	have, err := j.imported(ctx, path)
	if v, done := failed(err, duckErr); done {
		return v
	}
	if err := compare(have, want, 0, len(have.values)); err != nil {
		return verdict{wrong, err.Error()}
	}
	if len(have.values) != len(want.values) {
		return verdict{wrong, fmt.Sprintf("%d rows, DuckDB reads %d", len(have.values), len(want.values))}
	}
	return verdict{class: equal}
}

// failed is the verdict of an import where one side read nothing.
func failed(err, duckErr error) (verdict, bool) {
	var reason *refusedError
	switch {
	case errors.Is(err, errLimit):
		return verdict{hang, err.Error()}, true
	case errors.As(err, &reason) && duckErr != nil:
		return verdict{bothRefused, reason.text}, true
	case errors.As(err, &reason):
		return verdict{refused, reason.text}, true
	case err != nil:
		return verdict{wrong, err.Error()}, true
	case errors.Is(duckErr, errInvalid):
		return verdict{wrong, "stored, and is " + duckErr.Error()}, true
	case duckErr != nil:
		return verdict{unjudged, fmt.Sprintf("DuckDB: %.200v", duckErr)}, true
	}
	return verdict{}, false
}

// compare compares rows from (including) to (excluding) of a table with the
// first rows of a file.
func compare(have *rows, want *truth, from, to int) error {
	place := make([]int, len(have.names)) // of a column in the file
	used := 0
	for i, name := range have.names {
		place[i] = -1
		for k, other := range want.names {
			if strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(other)) || nameless(name, other, k) {
				place[i] = k
			}
		}
		if place[i] >= 0 {
			used++
		}
	}
	if used != len(want.names) {
		return fmt.Errorf("columns %.200q, DuckDB has %.200q", have.names, want.names)
	}
	for n := range min(to-from, len(want.values)) {
		for i := range have.names {
			var value any
			shown := ""
			if k := place[i]; k >= 0 && k < len(want.values[n]) {
				value = want.values[n][k]
				if want.shown != nil {
					shown = want.shown[n][k]
				}
			}
			if !same(&have.types[i], have.values[from+n][i], value, shown, want.shown != nil) {
				return fmt.Errorf("row %d, column %q (%v): %.100v, DuckDB has %.100v %s", n+1, have.names[i], describe(&have.types[i]), have.values[from+n][i], value, shown)
			}
		}
	}
	return nil
}

// nameless reports whether two names stand for field k of a header, which has none:
// DuckDB counts from 0, perhaps with zeros before it, and galley from 1.
func nameless(name, other string, k int) bool {
	digits, ok := strings.CutPrefix(other, "column")
	n, err := strconv.Atoi(digits)
	return ok && err == nil && n == k && name == fmt.Sprintf("column_%d", k+1)
}

func describe(c *schema.Column) string { return c.Spec() }

// pairs imports pairs of Parquet files of one folder, with the same column
// names, into one table.
func (j *judge) pairs(ctx context.Context, files []string, note func(string, verdict)) error {
	type read struct {
		path string
		want *truth
	}
	groups := map[string][]read{}
	var order []string
	for _, path := range files {
		if kindOf(path) != "parquet" {
			continue
		}
		want, err := j.duck.read(ctx, path)
		if err != nil || len(want.values) == 0 || len(want.values) > 10_000 {
			continue
		}
		key := filepath.Dir(path) + "\x00" + strings.ToLower(strings.Join(want.names, "\x00"))
		if groups[key] == nil {
			order = append(order, key)
		}
		if len(groups[key]) < 5 {
			groups[key] = append(groups[key], read{path, want})
		}
	}
	for _, key := range order {
		for _, a := range groups[key] {
			for _, b := range groups[key] {
				if a.path == b.path {
					continue
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				note(a.path+" "+filepath.Base(b.path), j.pair(ctx, a.path, b.path, a.want, b.want))
			}
		}
	}
	return nil
}

func (j *judge) pair(ctx context.Context, a, b string, first, second *truth) verdict {
	have, err := j.imported(ctx, a, b)
	if v, done := failed(err, nil); done {
		return v
	}
	if n := len(first.values) + len(second.values); len(have.values) != n {
		return verdict{wrong, fmt.Sprintf("%d rows, DuckDB reads %d", len(have.values), n)}
	}
	if err := compare(have, first, 0, len(first.values)); err != nil {
		return verdict{wrong, err.Error()}
	}
	if err := compare(have, second, len(first.values), len(have.values)); err != nil {
		return verdict{wrong, err.Error()}
	}
	return verdict{class: equal}
}
