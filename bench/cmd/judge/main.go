// Judge checks what galley makes of a folder of files. It imports each file
// with the galley command, under a time limit, and compares the values in the
// database with the values that DuckDB reads from the same file.
//
//	go run ./cmd/judge -galley ../galley FOLDER...
//
// The database is read by another SQLite driver than galley's, so a fault of
// galley's own reader cannot hide a fault of its writer. The exit status is 1
// if a file was read wrong, or if an import did not end within the limit.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	var j judge
	var verbose, pairs bool
	var kinds string
	flag.StringVar(&j.galley, "galley", "galley", "the galley command")
	flag.DurationVar(&j.limit, "limit", 20*time.Second, "time limit of one import")
	flag.StringVar(&kinds, "kinds", "csv,json,parquet", "kinds of files to read")
	flag.BoolVar(&verbose, "v", false, "print the verdict of every file")
	flag.BoolVar(&pairs, "pairs", false, "also import pairs of Parquet files with equal column names into one table")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	sheet, err := j.run(ctx, flag.Args(), strings.Split(kinds, ","), pairs, verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(2)
	}
	sheet.print(os.Stdout)
	if sheet.failed() {
		os.Exit(1)
	}
}

// judge imports files and compares the results.
type judge struct {
	galley string
	limit  time.Duration
	duck   *duck
	folder string // of the databases
}

func (j *judge) run(ctx context.Context, roots, kinds []string, pairs, verbose bool) (*scoreSheet, error) {
	if len(roots) == 0 {
		return nil, errors.New("name the folders to read")
	}
	files, err := find(roots, kinds)
	if err != nil {
		return nil, err
	}
	if j.folder, err = os.MkdirTemp("", "judge-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(j.folder)
	if j.duck, err = openDuck(ctx); err != nil {
		return nil, err
	}
	defer j.duck.close()
	sheet := &scoreSheet{}
	note := func(kind, name string, v verdict) {
		sheet.add(kind, v)
		if verbose || v.class == wrong || v.class == hang || v.class == unjudged {
			fmt.Printf("%s\t%s\t%s\t%.400q\n", v.class, kind, name, v.why)
		}
	}
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		note(kindOf(path), path, j.file(ctx, path))
	}
	if pairs {
		err := j.pairs(ctx, files, func(name string, v verdict) { note("pairs", name, v) })
		if err != nil {
			return nil, err
		}
	}
	return sheet, nil
}

// kindOf is the kind of a file, "" for one that is not judged.
func kindOf(path string) string {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch filepath.Ext(name) {
	case ".csv", ".tsv":
		return "csv"
	case ".json", ".jsonl", ".ndjson":
		return "json"
	case ".parquet":
		return "parquet"
	}
	return ""
}

// find lists the files below the folders, by name.
func find(roots, kinds []string) ([]string, error) {
	var files []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && slices.Contains(kinds, kindOf(path)) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
