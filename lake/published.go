package lake

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	"github.com/parquet-go/parquet-go"
)

const (
	// filePrefix begins the name of a data file; the id of the galley file follows.
	filePrefix = "galley-"
	// batchesMeta is the key in the metadata of a publish's first data file under
	// which its ledger rows lie, as JSON.
	batchesMeta = "galley.batches"
	// compactedName is the property that has the id of the one galley file whose
	// rows are in the compacted files.
	compactedName = "galley-compacted"
)

// published returns the data files of the table that hold the rows of this galley
// file.
func (p *publisher) published(ctx context.Context, t *table.Table) (own []iceberg.DataFile, err error) {
	if t.CurrentSnapshot() == nil {
		return nil, nil
	}
	tasks, err := t.Scan().PlanFiles(ctx)
	if err != nil {
		return nil, err
	}
	foreign := 0
	for _, task := range tasks {
		switch name := path.Base(task.File.FilePath()); {
		case strings.HasPrefix(name, filePrefix+p.src.fileID+"-"):
			own = append(own, task.File)
		case !strings.HasPrefix(name, filePrefix):
			if t.Properties()[compactedName] == p.src.fileID {
				own = append(own, task.File)
			} else {
				foreign++
			}
		}
	}
	if foreign > 0 {
		return nil, fmt.Errorf("%w: another program has written %d of the table's data files, which may hold rows of this file; publish all galley files into another namespace",
			ErrForeignFiles, foreign)
	}
	return own, nil
}

// changedBatches returns an error that names the published batches which the ledger
// no longer has as they were.
func (p *publisher) changedBatches(ctx context.Context, t *table.Table, ledger []entry) error {
	changed := &ChangedError{Table: p.src.schema.Name(), Reason: "the ledger differs from the one that was published"}
	files, err := p.published(ctx, t)
	if err != nil {
		return changed // without names
	}
	fs, err := t.FS(ctx)
	if err != nil {
		return err
	}
	now := make(map[string]entry, len(ledger))
	for _, e := range ledger {
		now[e.Key] = e
	}
	for _, f := range files {
		batches, err := readBatches(fs, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.FilePath(), err)
		}
		for _, e := range batches {
			switch have, ok := now[e.Key]; {
			case !ok:
				changed.Forgotten = append(changed.Forgotten, e.Key)
			case have != e:
				changed.Replaced = append(changed.Replaced, e.Key)
			}
		}
	}
	return changed
}

// readBatches reads the ledger rows in a data file's metadata.
func readBatches(fs icebergio.IO, f iceberg.DataFile) (batches []entry, err error) {
	in, err := fs.Open(f.FilePath())
	if err != nil {
		return nil, err
	}
	defer in.Close()
	file, err := parquet.OpenFile(in, f.FileSizeBytes(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	text, ok := file.Lookup(batchesMeta)
	if !ok {
		return nil, nil
	}
	return batches, json.Unmarshal([]byte(text), &batches)
}
