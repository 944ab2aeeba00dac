package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"github.com/galley-db/galley/schema"
)

// rows are the values of a file or a table, column by column.
type rows struct {
	names  []string
	types  []schema.Column // of a table, in the order of names
	values [][]any         // by row
}

// errLimit is returned when an import does not end within the limit.
var errLimit = errors.New("did not end within the limit")

// refusedError is the reason for which galley refused files.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

const table = "t"

// imported imports files into a new table and returns its rows.
func (j *judge) imported(ctx context.Context, paths ...string) (*rows, error) {
	db := filepath.Join(j.folder, "t.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(db + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	limited, cancel := context.WithTimeout(ctx, j.limit)
	defer cancel()
	cmd := exec.CommandContext(limited, j.galley, append([]string{"import", db, table}, paths...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	err := cmd.Run()
	switch {
	case limited.Err() != nil:
		return nil, errLimit
	case err != nil:
		text := strings.TrimSpace(errs.String())
		if text == "" || strings.Contains(text, "goroutine ") {
			return nil, fmt.Errorf("%w, without a reason: %.300s", err, text)
		}
		return nil, &refusedError{text}
	}
	return stored(ctx, db)
}

// stored reads the table of a database.
func stored(ctx context.Context, path string) (*rows, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	specs, err := db.QueryContext(ctx, `SELECT name, spec FROM galley_columns WHERE "table" = ? ORDER BY position`, table)
	if err != nil {
		return nil, err
	}
	defer specs.Close()
	r := &rows{}
	var list []string
	for specs.Next() {
		var name, spec string
		if err := specs.Scan(&name, &spec); err != nil {
			return nil, err
		}
		c, err := schema.ParseSpec(name, spec)
		if err != nil {
			return nil, err
		}
		// A unary plus keeps the driver from converting by the declared type.
		r.names, r.types, list = append(r.names, name), append(r.types, c), append(list, `+"`+strings.ReplaceAll(name, `"`, `""`)+`"`)
	}
	if err := specs.Err(); err != nil {
		return nil, err
	}
	found, err := db.QueryContext(ctx, "SELECT "+strings.Join(list, ", ")+` FROM "`+table+`" ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		row := make([]any, len(r.names))
		to := make([]any, len(row))
		for i := range row {
			to[i] = &row[i]
		}
		if err := found.Scan(to...); err != nil {
			return nil, err
		}
		r.values = append(r.values, row)
	}
	return r, found.Err()
}
