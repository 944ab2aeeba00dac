package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	_ "github.com/duckdb/duckdb-go/v2" // the driver "duckdb"
)

// duck is DuckDB, which reads files as it finds them.
type duck struct{ db *sql.DB }

func openDuck(ctx context.Context) (*duck, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, setting := range []string{"SET threads = 1", "SET TimeZone = 'UTC'", "INSTALL json", "LOAD json", "LOAD icu"} {
		if _, err := db.ExecContext(ctx, setting); err != nil && !strings.HasPrefix(setting, "INSTALL") && !strings.HasPrefix(setting, "LOAD") {
			return nil, errors.Join(err, db.Close())
		}
	}
	return &duck{db}, nil
}

func (d *duck) close() { _ = d.db.Close() }

// truth are the values of a file as DuckDB reads them. A value is a text of
// CSV, the raw text of a JSON value, or what the driver returns for a value of
// Parquet; nil stands for NULL.
type truth struct {
	names  []string
	values [][]any
	shown  [][]string // Parquet: each value cast to text
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// read reads a file. After an internal error DuckDB answers nothing any more,
// so it is opened again.
func (d *duck) read(ctx context.Context, path string) (*truth, error) {
	t, err := d.readOnce(ctx, path)
	if err == nil || !strings.Contains(err.Error(), "INTERNAL") && !strings.Contains(err.Error(), "FATAL") {
		return t, err
	}
	again, openErr := openDuck(ctx)
	if openErr != nil {
		return nil, errors.Join(err, openErr)
	}
	d.close()
	d.db = again.db
	if strings.Contains(err.Error(), "FATAL") {
		return d.readOnce(ctx, path)
	}
	return nil, err
}

func (d *duck) readOnce(ctx context.Context, path string) (*truth, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	switch kindOf(path) {
	case "csv":
		comma := ","
		if strings.Contains(strings.ToLower(path), ".tsv") {
			comma = "\t"
		}
		return d.query(ctx, "SELECT * FROM read_csv("+quoted(path)+", header = true, delim = "+quoted(comma)+
			`, quote = '"', escape = '"', comment = '', skip = 0, all_varchar = true, sample_size = -1,`+
			" nullstr = '', allow_quoted_nulls = false, max_line_size = 100000000, hive_types_autocast = false)")
	case "json":
		return d.json(ctx, path)
	}
	return d.parquet(ctx, path)
}

// parquet reads nested values as JSON.
func (d *duck) parquet(ctx context.Context, path string) (*truth, error) {
	from := " FROM read_parquet(" + quoted(path) + ")"
	described, err := d.db.QueryContext(ctx, "DESCRIBE SELECT *"+from)
	if err != nil {
		return nil, err
	}
	defer described.Close()
	var list, shown []string
	for described.Next() {
		var name, kind string
		var rest [4]any
		if err := described.Scan(&name, &kind, &rest[0], &rest[1], &rest[2], &rest[3]); err != nil {
			return nil, err
		}
		column := ident(name)
		shown = append(shown, "CAST("+column+" AS VARCHAR)")
		if strings.HasSuffix(kind, "]") || strings.HasPrefix(kind, "STRUCT") || strings.HasPrefix(kind, "MAP") || strings.HasPrefix(kind, "VARIANT") || kind == "JSON" {
			column = "CAST(to_json(" + column + ") AS VARCHAR)"
		}
		list = append(list, column+" AS "+ident(name))
	}
	if err := described.Err(); err != nil {
		return nil, err
	}
	t, err := d.query(ctx, "SELECT "+strings.Join(list, ", ")+from)
	if err != nil {
		return nil, err
	}
	texts, err := d.query(ctx, "SELECT "+strings.Join(shown, ", ")+from)
	if err != nil {
		return nil, err
	}
	for _, row := range texts.values {
		line := make([]string, len(row))
		for i, v := range row {
			line[i], _ = v.(string)
		}
		t.shown = append(t.shown, line)
	}
	return t, nil
}

func (d *duck) query(ctx context.Context, query string) (*truth, error) {
	found, err := d.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	t := &truth{}
	if t.names, err = found.Columns(); err != nil {
		return nil, err
	}
	for found.Next() {
		row := make([]any, len(t.names))
		to := make([]any, len(row))
		for i := range row {
			to[i] = &row[i]
		}
		if err := found.Scan(to...); err != nil {
			return nil, err
		}
		t.values = append(t.values, row)
	}
	return t, found.Err()
}

// errInvalid is the reason for which a file must be refused.
var errInvalid = errors.New("not valid JSON, or two values for one name")

// json reads the objects of a file. DuckDB takes more than JSON allows, so
// each object must also pass encoding/json.
func (d *duck) json(ctx context.Context, path string) (*truth, error) {
	found, err := d.query(ctx, "SELECT CAST(json AS VARCHAR) FROM read_json_objects("+quoted(path)+", maximum_object_size = 100000000)")
	if err != nil {
		return nil, err
	}
	t := &truth{}
	at := map[string]int{}
	for _, row := range found.values {
		text, _ := row[0].(string)
		names, values, err := members(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errInvalid, err)
		}
		line := make([]any, len(t.names))
		for i, name := range names {
			k, ok := at[name]
			if !ok {
				k = len(t.names)
				at[name], t.names, line = k, append(t.names, name), append(line, nil)
			} else if line[k] != nil {
				return nil, fmt.Errorf("%w: %q", errInvalid, name)
			}
			line[k] = values[i]
		}
		t.values = append(t.values, line)
	}
	return t, nil
}

// members cuts an object into its names and the raw texts of its values.
func members(text string) (names []string, values []string, err error) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
		return nil, nil, errors.New("not JSON")
	}
	d := json.NewDecoder(strings.NewReader(text))
	start, err := d.Token()
	if err != nil {
		return nil, nil, err
	}
	if start != json.Delim('{') {
		return nil, nil, errNoObject
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, nil, err
		}
		names, values = append(names, name.(string)), append(values, string(bytes.TrimSpace(raw)))
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	return names, values, nil
}

var errNoObject = errors.New("not an object")
