package batchfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// File is the content of a batch file.
type File struct {
	Schema *schema.Schema
	Key    string
	At     int64    // microseconds since 1970, UTC
	Rows   [][]byte // records, each valid for Schema
	Digest Digest   // of Rows
}

// Own reports whether the batch was written without a key: Key is a name that
// the writer made up.
func (f *File) Own() bool { return ownkey.Of(f.Key) == ownkey.Spool }

// Parser reads batch files. It returns one *schema.Schema for all files whose
// columns are the same. A Parser is safe for use by several goroutines at once.
// Its zero value is ready to use.
type Parser struct {
	mu      sync.Mutex
	schemas map[string]*schema.Schema // by the columns' descriptions
}

// Parse reads the batch in data, which it keeps. Every error wraps ErrDamaged.
func (p *Parser) Parse(data []byte) (*File, error) {
	if len(data) > MaxSize {
		return nil, damaged("%d bytes, at most %d are allowed", len(data), MaxSize)
	}
	db, err := unseal(data)
	if err != nil {
		return nil, err
	}
	d, err := openDatabase(db)
	if err != nil {
		return nil, err
	}
	objects, err := d.catalog()
	if err != nil {
		return nil, err
	}
	f := &File{}
	rows, err := d.ledger(objects[batchesTable], f)
	if err != nil {
		return nil, err
	}
	table, ok := objects[rows.table]
	if !ok {
		return nil, damaged("galley_batches names table %q, which is not in the file", rows.table)
	}
	if f.Schema, err = p.columns(d, objects[columnsTable], rows.table); err != nil {
		return nil, err
	}
	if want := Create(f.Schema); table.sql != want {
		return nil, damaged("table %q was created with %q; galley_columns asks for %q", rows.table, table.sql, want)
	}
	if err := d.rows(table.root, f, rows.count); err != nil {
		return nil, err
	}
	return f, nil
}

// unseal verifies the checksum line and returns what is before it.
func unseal(data []byte) ([]byte, error) {
	n := len(data) - sealSize
	if n < 0 || !bytes.HasPrefix(data[n:], []byte(sealPrefix)) || data[len(data)-1] != '\n' {
		return nil, damaged("no checksum at its end; is the file cut off?")
	}
	var want [sha256.Size]byte
	if _, err := hex.Decode(want[:], data[n+len(sealPrefix):len(data)-1]); err != nil {
		return nil, damaged("checksum: %w", err)
	}
	if sha256.Sum256(data[:n]) != want {
		return nil, damaged("checksum differs: its content was changed after it was written")
	}
	return data[:n:n], nil
}

// catalog returns the tables of the file. There are three, and nothing else.
func (d *database) catalog() (map[string]object, error) {
	objects := make(map[string]object, 3)
	var cells []record.Cell
	err := d.walk(1, func(rec []byte) (err error) {
		if cells, err = record.Parse(rec, cells); err != nil {
			return damaged("sqlite_schema: %w", err)
		}
		if len(cells) != 5 || string(cells[0].Bytes()) != "table" || cells[3].Kind() != record.Integer {
			return damaged("it holds more than tables; an index, view or trigger is not allowed")
		}
		o := object{string(cells[1].Bytes()), uint32(cells[3].Int64()), string(cells[4].Bytes())}
		if _, twice := objects[o.name]; twice || len(objects) == 3 {
			return damaged("it holds more tables than those of one batch")
		}
		objects[o.name] = o
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name, want := range map[string]string{columnsTable: createColumns, batchesTable: createBatches} {
		if o, ok := objects[name]; !ok || o.sql != want {
			return nil, damaged("%s was created with %q, want %q", name, o.sql, want)
		}
	}
	return objects, nil
}

// claim is what the ledger row says of the rows.
type claim struct {
	table string
	count int64
}

// ledger reads the one row of galley_batches.
func (d *database) ledger(o object, f *File) (c claim, err error) {
	k := checker{columns: columnsOfBatches}
	n := 0
	err = d.walk(o.root, func(rec []byte) error {
		if _, err := k.check(rec); err != nil {
			return damaged("galley_batches: %w", err)
		}
		n++
		c = claim{string(k.cells[0].Bytes()), k.cells[2].Int64()}
		f.Key, f.At = string(k.cells[1].Bytes()), k.cells[3].Int64()
		return nil
	})
	if err == nil && n != 1 {
		err = damaged("galley_batches has %d rows, want 1", n)
	}
	return c, err
}

// columns reads galley_columns.
func (p *Parser) columns(d *database, o object, table string) (*schema.Schema, error) {
	k := checker{columns: columnsOfColumns}
	var columns []schema.Column
	var text strings.Builder
	text.WriteString(table)
	err := d.walk(o.root, func(rec []byte) error {
		if _, err := k.check(rec); err != nil {
			return damaged("galley_columns: %w", err)
		}
		name, spec := string(k.cells[2].Bytes()), string(k.cells[3].Bytes())
		if of := string(k.cells[0].Bytes()); of != table {
			return damaged("galley_columns describes table %q, and the batch is of %q", of, table)
		}
		if at := k.cells[1].Int64(); at != int64(len(columns)) {
			return damaged("galley_columns: column %q has position %d, want %d", name, at, len(columns))
		}
		columns = append(columns, schema.Column{Name: name})
		text.WriteString("\x00" + name + "\x00" + spec)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.schemas[text.String()]; s != nil {
		return s, nil
	}
	parts := strings.Split(text.String(), "\x00")[1:]
	for i := range columns {
		if columns[i], err = schema.ParseSpec(parts[2*i], parts[2*i+1]); err != nil {
			return nil, damaged("galley_columns: %w", err)
		}
	}
	s, err := schema.New(table, columns)
	if err != nil {
		return nil, damaged("%w", err)
	}
	if p.schemas == nil || len(p.schemas) >= maxSchemas {
		p.schemas = map[string]*schema.Schema{}
	}
	p.schemas[text.String()] = s
	return s, nil
}

// maxSchemas bounds the memory of a Parser.
const maxSchemas = 1000

// rows reads the table and checks every value.
func (d *database) rows(root uint32, f *File, count int64) error {
	if count < 0 || count > int64(len(d.data)) { // a row takes more than a byte
		return damaged("galley_batches says %d rows", count)
	}
	k := checker{columns: f.Schema.Columns()}
	if !f.Own() {
		k.key = f.Key
	}
	f.Rows = make([][]byte, 0, count)
	err := d.walk(root, func(rec []byte) error {
		rec, err := k.check(rec)
		if err != nil {
			return damaged("row %d: %w", len(f.Rows), err)
		}
		f.Rows = append(f.Rows, rec)
		f.Digest.add(rec)
		return nil
	})
	if err == nil && int64(len(f.Rows)) != count {
		err = damaged("%d rows, and galley_batches says %d", len(f.Rows), count)
	}
	return err
}
