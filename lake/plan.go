package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"

	"github.com/galley-db/galley/internal/cells"
)

// tableProperties keep the metadata of a table short: each commit writes a file that
// names all snapshots and the files before it.
var tableProperties = iceberg.Properties{
	"format-version": "2",
	"write.metadata.delete-after-commit.enabled": "true",
	"write.metadata.previous-versions-max":       "20",
	"write.parquet.compression-codec":            "zstd",
}

// open loads the Iceberg table, and creates it if it is missing.
func (p *publisher) open(ctx context.Context) (*table.Table, error) {
	s, err := icebergSchema(p.src.schema)
	if err != nil {
		return nil, err
	}
	t, err := p.catalog.LoadTable(ctx, p.name)
	if err == nil {
		return t, p.checkPartition(t)
	}
	if !errors.Is(err, catalog.ErrNoSuchTable) {
		return nil, err
	}
	options := []catalog.CreateTableOpt{catalog.WithProperties(tableProperties)}
	if len(p.terms) > 0 {
		spec, err := partitionSpec(p.src.schema.Name(), p.terms, s)
		if err != nil {
			return nil, err
		}
		options = append(options, catalog.WithPartitionSpec(spec))
	}
	// Another process may create the same at the same time: only its existence
	// counts afterward.
	if there, err := p.catalog.CheckNamespaceExists(ctx, p.namespace); err != nil || !there {
		if err := p.catalog.CreateNamespace(ctx, p.namespace, nil); err != nil {
			if there, _ := p.catalog.CheckNamespaceExists(ctx, p.namespace); !there {
				return nil, err
			}
		}
	}
	if t, err = p.catalog.CreateTable(ctx, p.name, s, options...); err == nil {
		return t, nil
	}
	t, loadErr := p.catalog.LoadTable(ctx, p.name)
	if loadErr != nil {
		return nil, err
	}
	return t, p.checkPartition(t)
}

func (p *publisher) checkPartition(t *table.Table) error {
	if len(p.terms) == 0 {
		return nil
	}
	return samePartition(p.src.schema.Name(), p.terms, t.Spec(), t.Schema())
}

// plan returns the state after a publish, without what only the rows say, and the
// ledger rows that are new in it. It returns a *ChangedError if what was published
// is no longer in the file.
func (p *publisher) plan(ctx context.Context, t *table.Table, base state) (next state, batches []entry, err error) {
	h, err := p.src.horizon(ctx, base.Rowid)
	if err != nil {
		return next, nil, err
	}
	all, before, digest, err := p.src.ledger(ctx, base.Ledger, h.Ledger)
	if err != nil {
		return next, nil, err
	}
	if base.Token != "" && before != base.Batches {
		return next, nil, p.changedBatches(ctx, t, all)
	}
	if base.Token != "" && h.Before != base.Rows {
		return next, nil, &ChangedError{Table: p.src.schema.Name(),
			Reason: fmt.Sprintf("%d rows were published, and the file has %d of them", base.Rows, h.Before)}
	}
	if (p.opts.Verify || len(p.src.schema.Key()) > 0) && base.Rows > 0 {
		if err := p.verify(ctx, base); err != nil {
			return next, nil, err
		}
	}
	for _, e := range all {
		if e.ID > base.Ledger {
			batches = append(batches, e)
		}
	}
	next = state{Ledger: max(h.Ledger, base.Ledger), Rowid: max(h.Rowid, base.Rowid), Batches: digest, Token: uuid.NewString(), Columns: map[string]int{}}
	return next, batches, nil
}

// verify compares the rows that were published with their sum.
func (p *publisher) verify(ctx context.Context, base state) error {
	var sum rowSum
	err := p.src.rows(noRowid, base.Rowid, nil, false).Each(ctx, func(c *cells.Chunk) error { sum.add(c); return nil })
	if err != nil {
		return err
	}
	if sum.String() != base.Sum {
		return &ChangedError{Table: p.src.schema.Name(), Reason: "values of rows that were published have changed, as by an Upsert, an Edit or SQL"}
	}
	return nil
}

// write writes the rows between two states into data files, and completes next.
func (p *publisher) write(ctx context.Context, t *table.Table, fields []iceberg.NestedField, base state, next *state, batches []entry) (_ *dataFiles, err error) {
	l, err := layOut(p.src.schema, fields)
	if err != nil {
		return nil, err
	}
	ledger, err := json.Marshal(batches)
	if err != nil {
		return nil, err
	}
	parts := newPartitioner(t.Spec(), l)
	files := &dataFiles{ctx: ctx, into: t, storage: p.storage, layout: l, parts: parts, rowsEach: p.opts.RowsPerFile, open: map[string]*dataFile{},
		prefix:   fmt.Sprintf("%s%s-%d-%s", filePrefix, p.src.fileID, next.Ledger, next.Token),
		metadata: map[string]string{batchesMeta: string(ledger)}}
	defer func() {
		if err != nil {
			err = errors.Join(err, files.abandon())
		}
	}()
	convert := newConverter(p.src.schema, l)
	sum, err := parseRowSum(base.Sum)
	if err != nil {
		return nil, fmt.Errorf("%w: sum %q: %w", ErrState, base.Sum, err)
	}
	if p.opts.reading != nil {
		p.opts.reading()
	}
	rows, order := int64(0), parts.order(p.src.schema)
	whole := p.whole && base.Rowid == noRowid && len(order) == 0
	err = p.src.rows(base.Rowid, next.Rowid, order, whole).Each(ctx, func(c *cells.Chunk) error {
		rows += int64(c.Rows)
		sum.add(c)
		out, err := convert.convert(c)
		if err != nil {
			return fmt.Errorf("table %q: %w", p.src.schema.Name(), err)
		}
		return files.add(out)
	})
	if err == nil {
		err = files.end()
	}
	if err != nil {
		return nil, err
	}
	next.Rows, next.Sum = base.Rows+rows, sum.String()
	// The rows were read in one snapshot and the ledger in another: the two must
	// still belong together. A row that was stored meanwhile, and read with the whole
	// table, has a higher number than next.Rowid: no key is the number of the row, and
	// galley refuses a table in which one is. So it is among the rows and not in Before.
	h, err := p.src.horizon(ctx, next.Rowid)
	if err != nil {
		return nil, err
	}
	if _, _, now, err := p.src.ledger(ctx, 0, next.Ledger); err != nil || now != next.Batches || h.Before != next.Rows {
		return nil, errors.Join(err, fmt.Errorf("table %q: the file changed while it was read: %w", p.src.schema.Name(), errOvertaken))
	}
	return files, nil
}
