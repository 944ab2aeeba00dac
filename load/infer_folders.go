package load

import (
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/formats"
)

// hive adds a value that a file's folders stand for, in so many rows of the file: all
// where the file does not have the column, or those of JSON that lack it.
func (gs *guesses) hive(name, value string, rows int64) {
	g := gs.column(name)
	g.hive = true
	for range min(rows, 2) { // more of the same says nothing new
		g.Text(1, []byte(value))
	}
	g.Values += rows - min(rows, 2)
}

// folders adds the values that a file's folders stand for to a file with these columns.
func (gs *guesses) folders(opts formats.TextOptions, columns []*guessed, rows int64) {
	for _, name := range opts.PartitionNames() {
		if !slices.Contains(columns, gs.by[strings.ToLower(name)]) {
			gs.hive(name, opts.Partitions[name], rows)
		}
	}
}
