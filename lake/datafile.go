package lake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
)

type formatsField = formats.ParquetField

// mostOpen is how many data files are open at a time. Rows come sorted by their
// partition, so more are open only where the partition has two transforms that are
// not the identity.
const mostOpen = 8

// dataFiles are the data files of one publish.
type dataFiles struct {
	ctx      context.Context
	into     *table.Table
	storage  *storage
	layout   *layout
	parts    *partitioner
	prefix   string // of the files' names
	metadata map[string]string
	rowsEach int64 // at most, in a file

	open    map[string]*dataFile
	recent  []string // keys of open, the latest last
	written []iceberg.DataFile
	bytes   int64
	started int
}

// dataFile is a Parquet file that is being written.
type dataFile struct {
	path      string
	partition map[int]any
	sink      sink
	encoder   formats.Encoder
	pending   *cells.Chunk // rows that came one by one
	rows      int64
}

// sink takes the bytes of a file. Close makes the file durable and complete, and
// Abort removes what there is of it.
type sink interface {
	io.Writer
	Close() error
	Abort() error
}

// add takes the rows of a chunk that is in the layout.
func (d *dataFiles) add(c *cells.Chunk) error {
	if len(d.parts.columns) == 0 {
		return d.write("", nil, c, 0, c.Rows)
	}
	for from := 0; from < c.Rows; {
		key, values := d.parts.values(c, from)
		to := from + 1
		for to < c.Rows && d.parts.same(c, from, to) {
			to++
		}
		if err := d.write(key, values, c, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// write adds rows of a chunk to the file of a partition.
func (d *dataFiles) write(key string, partition map[int]any, c *cells.Chunk, from, to int) error {
	f, err := d.file(key, partition)
	if err != nil {
		return err
	}
	if f.rows += int64(to - from); to-from == c.Rows && f.pending.Rows == 0 {
		err = f.encoder.Write(c)
	} else {
		err = f.copy(c, from, to)
	}
	if err == nil && f.rows >= d.rowsEach {
		err = d.finish(key)
	}
	return err
}

func (f *dataFile) copy(c *cells.Chunk, from, to int) error {
	for k := from; k < to; k++ {
		for i := range c.Cells {
			f.pending.Cells[i].Copy(&c.Cells[i], k)
		}
		if f.pending.Rows++; f.pending.Full() {
			if err := f.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *dataFile) flush() error {
	if f.pending.Rows == 0 {
		return nil
	}
	err := f.encoder.Write(f.pending)
	f.pending.Reset()
	return err
}

// file returns the open file of a partition.
func (d *dataFiles) file(key string, partition map[int]any) (*dataFile, error) {
	if f, ok := d.open[key]; ok {
		return f, nil
	}
	if len(d.open) >= mostOpen {
		if err := d.finish(d.recent[0]); err != nil {
			return nil, err
		}
	}
	path := fmt.Sprintf("%s/data/%s-%05d.parquet", d.into.Location(), d.prefix, d.started)
	sink, err := d.storage.create(d.ctx, d.into, path)
	if err != nil {
		return nil, err
	}
	metadata := map[string]string{}
	if d.started == 0 {
		metadata = d.metadata
	}
	d.started++
	f := &dataFile{path: path, partition: partition, sink: sink, pending: cells.New(d.layout.schema),
		encoder: formats.NewParquetWriterOf(sink, d.layout.schema, d.layout.fields, metadata)}
	d.open[key] = f
	d.recent = append(d.recent, key)
	return f, nil
}

// finish completes the file of a partition.
func (d *dataFiles) finish(key string) error {
	f := d.open[key]
	delete(d.open, key)
	for i, k := range d.recent {
		if k == key {
			d.recent = append(d.recent[:i], d.recent[i+1:]...)
			break
		}
	}
	err := f.flush()
	if err == nil {
		err = f.encoder.Close()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", f.path, err), f.sink.Abort())
	}
	if err := f.sink.Close(); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	file, err := d.describe(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	d.written = append(d.written, file)
	d.bytes += file.FileSizeBytes()
	return nil
}

// end completes all files.
func (d *dataFiles) end() error {
	for len(d.recent) > 0 {
		if err := d.finish(d.recent[0]); err != nil {
			return err
		}
	}
	return nil
}

// abandon removes what was written. It must not be called after a commit was
// tried.
func (d *dataFiles) abandon() error {
	var all []error
	for _, f := range d.open {
		all = append(all, f.sink.Abort())
	}
	fs, err := d.into.FS(context.WithoutCancel(d.ctx))
	if err != nil {
		return errors.Join(append(all, err)...)
	}
	for _, f := range d.written {
		all = append(all, fs.Remove(f.FilePath()))
	}
	return errors.Join(all...)
}

// describe reads the file's own end, and returns what the manifest says of it. The
// partition is the one that the rows have: the limits in the file may be shortened.
func (d *dataFiles) describe(f *dataFile) (iceberg.DataFile, error) {
	fs, err := d.into.FS(d.ctx)
	if err != nil {
		return nil, err
	}
	read, err := table.FileToDataFile(d.ctx, fs, f.path, d.into.Schema(), *iceberg.UnpartitionedSpec, 0, d.into.Properties())
	if err != nil {
		return nil, err
	}
	if read.Count() != f.rows {
		return nil, fmt.Errorf("the file has %d rows, and %d were written", read.Count(), f.rows)
	}
	logical := map[int]string{}
	for i, field := range d.parts.spec.Fields() {
		if t := d.parts.types[i]; t != nil {
			if name := logicalType(field.Transform.ResultType(t)); name != "" {
				logical[field.FieldID] = name
			}
		}
	}
	b, err := iceberg.NewDataFileBuilder(d.parts.spec, iceberg.EntryContentData, f.path, iceberg.ParquetFile, f.partition, logical, nil, f.rows, read.FileSizeBytes())
	if err != nil {
		return nil, err
	}
	return b.ColumnSizes(read.ColumnSizes()).ValueCounts(read.ValueCounts()).NullValueCounts(read.NullValueCounts()).
		LowerBoundValues(read.LowerBoundValues()).UpperBoundValues(read.UpperBoundValues()).SplitOffsets(read.SplitOffsets()).Build(), nil
}

// logicalType is the Avro type of a partition value in a manifest, "" for a plain one.
func logicalType(t iceberg.Type) string {
	switch t.(type) {
	case iceberg.DateType:
		return "date"
	case iceberg.TimestampTzType, iceberg.TimestampType:
		return "timestamp-micros"
	case iceberg.DecimalType:
		return "decimal"
	}
	return ""
}
