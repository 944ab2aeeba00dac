package peer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/galley-db/galley/bench/row"
	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store/sqlite"
)

// Format is a kind of file that rows of row.A come from or go to.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	Parquet Format = "parquet"
)

// Importer is a peer that loads a file into a new table of f, with the types that
// it finds in the file.
type Importer interface {
	Peer
	// Imports reports whether the peer reads the format.
	Imports(format Format) bool
	// Import returns the time to the end of Close.
	Import(ctx context.Context, f File, format Format, path string) (time.Duration, error)
}

// Exporter is a peer that writes the table of f to a new file.
type Exporter interface {
	Peer
	// Exports reports whether the peer writes the format.
	Exports(format Format) bool
	// Export returns the time until the file is complete.
	Export(ctx context.Context, f File, format Format, path string) (time.Duration, error)
}

func (p galleyPeer) Imports(Format) bool { return !p.generated }
func (p galleyPeer) Exports(Format) bool { return !p.generated }

func (galleyPeer) Import(ctx context.Context, f File, _ Format, path string) (time.Duration, error) {
	return into(ctx, f, func(db *sqlite.DB) error {
		report, err := load.Load(ctx, db, load.Options{Table: row.Table, Sources: []string{path}})
		if err != nil {
			return err
		}
		return report.Files[0].Err
	})
}

// Export writes the table into the folder of path, where galley names the file
// after the table.
func (galleyPeer) Export(ctx context.Context, f File, format Format, path string) (time.Duration, error) {
	if want := row.Table + "." + string(format); filepath.Base(path) != want {
		return 0, fmt.Errorf("galley names the file %s, not %s", want, path)
	}
	of, err := export.ParseFormat(string(format))
	if err != nil {
		return 0, err
	}
	return into(ctx, f, func(db *sqlite.DB) error {
		_, err := export.Write(ctx, db, export.Options{Dir: filepath.Dir(path), Tables: []export.Table{{Name: row.Table}}, Format: of})
		return err
	})
}

func (duckdbPeer) Imports(Format) bool { return true }
func (duckdbPeer) Exports(Format) bool { return true }

// Import has DuckDB find the types, as galley does, and checkpoints in Close.
func (duckdbPeer) Import(ctx context.Context, f File, format Format, path string) (time.Duration, error) {
	return duckdbRuns(ctx, f, fmt.Sprintf("CREATE TABLE %s AS FROM read_%s(%s)", row.Table, format, literal(path)))
}

func (duckdbPeer) Export(ctx context.Context, f File, format Format, path string) (time.Duration, error) {
	how := "FORMAT parquet, COMPRESSION zstd"
	if format == CSV {
		how = "FORMAT csv, HEADER"
	}
	return duckdbRuns(ctx, f, fmt.Sprintf("COPY %s TO %s (%s)", row.Table, literal(path), how))
}

// duckdbRuns returns the time of a statement and of closing the file.
func duckdbRuns(ctx context.Context, f File, statement string) (time.Duration, error) {
	db, err := sql.Open("duckdb", f.Path)
	if err == nil {
		err = db.PingContext(ctx)
	}
	if err != nil {
		return 0, err
	}
	start := time.Now()
	_, err = db.ExecContext(ctx, statement)
	err = errors.Join(err, db.Close())
	return time.Since(start), err
}

// literal is a text of SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// TallyFile counts and sums the rows of a file with a reader that is not the
// peer's: DuckDB's, and of what DuckDB wrote encoding/csv's and parquet-go's.
func TallyFile(ctx context.Context, writer Peer, format Format, path string) (t row.Tally, err error) {
	if _, ok := writer.(duckdbPeer); ok {
		if format == CSV {
			return tallyCSV(path)
		}
		return parquetPeer{}.Verify(ctx, path, row.A)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return t, err
	}
	defer db.Close()
	query := fmt.Sprintf("SELECT count(*), CAST(coalesce(%s, 0) AS DOUBLE) FROM read_%s(%s)", row.A.Sum(), format, literal(path))
	err = db.QueryRowContext(ctx, query).Scan(&t.Rows, &t.Sum)
	return t, err
}
