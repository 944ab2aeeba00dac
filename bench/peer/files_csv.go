package peer

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/bench/row"
)

// WriteCSV writes the first n rows of row.A as CSV, no field of which needs quotes.
func WriteCSV(path string, n int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, strings.ReplaceAll(row.A.Names(), ", ", ","))
	line := csvLine{}
	_, err = row.Stream(row.A, 0, n, 10_000, func(b row.Batch) error {
		for i := range b.Len() {
			line.text = line.text[:0]
			if err := b.Bind(i, &line); err != nil {
				return err
			}
			line.text[len(line.text)-1] = '\n'
			if _, err := out.Write(line.text); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, out.Flush())
}

// csvLine binds the values of a row as fields, each with a comma behind it.
type csvLine struct{ text []byte }

func (l *csvLine) Text(_ int, v string) { l.text = append(append(l.text, v...), ',') }
func (l *csvLine) Real(_ int, v float64) {
	l.text = append(strconv.AppendFloat(l.text, v, 'g', -1, 64), ',')
}
func (l *csvLine) Int(_ int, v int64) { l.text = append(strconv.AppendInt(l.text, v, 10), ',') }
func (l *csvLine) Err() error         { return nil }

// WriteParquet writes the table of a DuckDB file as Parquet.
func WriteParquet(ctx context.Context, from File, path string) error {
	_, err := duckdbPeer{}.Export(ctx, from, Parquet, path)
	return err
}

// tallyCSV reads a file with a line of column names.
func tallyCSV(path string) (t row.Tally, err error) {
	f, err := os.Open(path)
	if err != nil {
		return t, err
	}
	defer f.Close()
	in := csv.NewReader(bufio.NewReader(f))
	in.ReuseRecord = true
	names, err := in.Read()
	if err != nil {
		return t, err
	}
	summed := slices.Index(names, "voxels")
	if summed < 0 {
		return t, fmt.Errorf("%s has no column voxels", path)
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, err
		}
		n, err := strconv.ParseInt(record[summed], 10, 64)
		if err != nil {
			return t, err
		}
		t = t.Add(row.Tally{Rows: 1, Sum: float64(n)})
	}
}
