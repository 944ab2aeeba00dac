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
	if p.sum, err = p.verify(ctx, base); err != nil {
		return next, nil, err
	}
	for _, e := range all {
		if e.ID > base.Ledger {
			batches = append(batches, e)
		}
	}
	p.fresh = h.After
	next = state{Ledger: max(h.Ledger, base.Ledger), Rowid: max(h.Rowid, base.Rowid), Batches: digest, Token: uuid.NewString(), Columns: map[string]int{}}
	return next, batches, nil
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
	sum, expected := p.sum, p.sum.String()
	if p.opts.reading != nil {
		p.opts.reading()
	}
	end, err := p.src.end(ctx, next.Rowid, nil)
	if err != nil {
		return nil, err
	}
	rows, order := int64(0), parts.order(p.src.schema)
	take := func(c *cells.Chunk) error {
		rows += int64(c.Rows)
		sum.add(c)
		out, err := convert.convert(c)
		if err != nil {
			return fmt.Errorf("table %q: %w", p.src.schema.Name(), err)
		}
		return files.add(out)
	}
	// The whole table is read about three times as fast as a part of it.
	if p.whole && len(order) == 0 && base.Rows <= 2*p.fresh {
		var before rowSum
		err = p.src.split(ctx, base.Rows, func(c *cells.Chunk) error { before.add(c); return nil }, take)
		if err == nil && base.Rows > 0 && before.String() != expected {
			err = errOvertaken // the rows have another order or other values: read those behind a row
		}
	} else {
		err = p.src.rows(base.Rowid, next.Rowid, order, false).Each(ctx, take)
	}
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
	if next.End, err = p.src.end(ctx, next.Rowid, nil); err != nil {
		return nil, err
	}
	if _, _, now, err := p.src.ledger(ctx, 0, next.Ledger); err != nil || now != next.Batches || h.Before != next.Rows || end != next.End {
		return nil, errors.Join(err, fmt.Errorf("table %q: the file changed while it was read: %w", p.src.schema.Name(), errOvertaken))
	}
	return files, nil
}
