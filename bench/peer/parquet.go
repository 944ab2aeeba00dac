package peer

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/galley-db/galley/bench/row"
	"github.com/parquet-go/parquet-go"
)

// parquetPeer is a reference of another kind: a file that is written once and
// cannot be appended to, without transactions, columns compressed.
type parquetPeer struct{}

func (parquetPeer) Name() string { return "parquet" }
func (parquetPeer) About() string {
	return "reference: parquet-go's GenericWriter; no transactions, no appends to a finished file"
}
func (parquetPeer) Check(context.Context) error { return nil }

func (parquetPeer) Open(_ context.Context, f File) (Conn, error) {
	file, err := os.Create(f.Path)
	if err != nil {
		return nil, err
	}
	switch f.Kind {
	case row.B:
		return newParquetConn[row.Wide](file), nil
	case row.C:
		return newParquetConn[row.Texts](file), nil
	case row.D:
		return newParquetConn[row.Ints](file), nil
	default:
		return newParquetConn[row.Sample](file), nil
	}
}

type parquetConn[T any] struct {
	mu   sync.Mutex
	file *os.File
	w    *parquet.GenericWriter[T]
}

func newParquetConn[T any](file *os.File) *parquetConn[T] {
	return &parquetConn[T]{file: file, w: parquet.NewGenericWriter[T](file)}
}

func (c *parquetConn[T]) Append(_ context.Context, b row.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, err := sliceOf[T](b)
	if err != nil {
		return err
	}
	_, err = c.w.Write(list)
	return err
}

func (c *parquetConn[T]) Close() error {
	return errors.Join(c.w.Close(), c.file.Close())
}

// Verify reads the file back with the same package, the only reader here.
func (parquetPeer) Verify(_ context.Context, path string, k row.Kind) (row.Tally, error) {
	file, err := os.Open(path)
	if err != nil {
		return row.Tally{}, err
	}
	defer file.Close()
	switch k {
	case row.B:
		return tallyParquet[row.Wide](file, k)
	case row.C:
		return tallyParquet[row.Texts](file, k)
	case row.D:
		return tallyParquet[row.Ints](file, k)
	default:
		return tallyParquet[row.Sample](file, k)
	}
}

func tallyParquet[T any](file *os.File, k row.Kind) (row.Tally, error) {
	r := parquet.NewGenericReader[T](file)
	defer r.Close()
	b := row.NewBatch(k, 1000, 0)
	list, err := sliceOf[T](b)
	if err != nil {
		return row.Tally{}, err
	}
	var total row.Tally
	for {
		n, err := r.Read(list)
		total = total.Add(b.TallyFirst(n))
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
