package postgres

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/store"
)

// load puts all rows of batches into a table, by COPY or by INSERT. target is
// quoted.
func (tx *transaction) load(ctx context.Context, target string, batches ...*rows) error {
	want, stored := 0, int64(0)
	for _, r := range batches {
		want += r.len()
	}
	if want == 0 {
		return nil
	}
	var err error
	if tx.db.copies {
		stored, err = tx.copy(ctx, target, batches)
	} else {
		stored, err = tx.insertAll(ctx, target, batches)
	}
	if err == nil && stored != int64(want) {
		err = fmt.Errorf("table %q: %w: %d of %d; look for a trigger or rule that drops rows",
			batches[0].plan.schema.Name(), store.ErrRowsLost, stored, want)
	}
	return err
}

// copySignature begins a binary COPY; flags and the length of an extension, 0
// both, follow it.
const copySignature = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"

// copy sends rows by COPY. A BEGIN that is due goes along in the same message.
func (tx *transaction) copy(ctx context.Context, target string, batches []*rows) (int64, error) {
	sql := "COPY " + target + " (" + batches[0].columns + ") FROM STDIN BINARY"
	if tx.pending {
		sql = begin + ";" + sql
	}
	body := &parts{rest: [][]byte{[]byte(copySignature)}}
	for _, r := range batches {
		body.rest = append(body.rest, r.data)
	}
	body.rest = append(body.rest, []byte{0xff, 0xff})
	defer body.close()
	tag, err := tx.pg.CopyFrom(ctx, body, sql)
	if err != nil {
		return 0, err
	}
	tx.pending = false
	return tag.RowsAffected(), nil
}

// parts reads slices one after the other, until it is closed. pgconn reads in a
// goroutine of its own, and does not wait for that goroutine where a context
// ends or a connection breaks: without close it would read a buffer that holds
// the next batch already.
type parts struct {
	mu   sync.Mutex
	rest [][]byte
}

// close waits for a Read under way. A later Read returns io.EOF.
func (p *parts) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = nil
}

func (p *parts) Read(dst []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.rest) > 0 {
		c := copy(dst[n:], p.rest[0])
		n += c
		if p.rest[0] = p.rest[0][c:]; len(p.rest[0]) > 0 {
			return n, nil
		}
		p.rest = p.rest[1:]
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A statement takes at most 65,535 parameters, and servers that are not
// PostgreSQL limit its bytes: https://www.cockroachlabs.com/docs/stable/insert.
const (
	insertParams = 65_535
	insertRows   = 1_000
	insertBytes  = 4 << 20
)

// insertAll sends the rows of batches, one after the other.
func (tx *transaction) insertAll(ctx context.Context, target string, batches []*rows) (stored int64, err error) {
	for _, r := range batches {
		n, err := tx.insert(ctx, target, r)
		if stored += n; err != nil {
			return stored, err
		}
	}
	return stored, nil
}

// insert sends rows by multi-row INSERTs with binary parameters.
func (tx *transaction) insert(ctx context.Context, target string, r *rows) (stored int64, err error) {
	var fields [][]byte
	sql, last := "", 0
	for from := 0; from < r.len(); {
		fields = r.fields(from, fields[:0])
		width := len(fields)
		to := from + 1
		for most := min(insertRows, insertParams/width); to < r.len() && to-from < most && r.ends[to]-r.start(from) <= insertBytes; to++ {
			fields = r.fields(to, fields)
		}
		if to-from != last {
			last = to - from
			sql = insertSQL(target, r.columns, last, width)
		}
		n, err := tx.insertFields(ctx, sql, fields)
		if err != nil {
			return stored, err
		}
		stored += n
		from = to
	}
	return stored, nil
}

func (tx *transaction) insertFields(ctx context.Context, sql string, fields [][]byte) (int64, error) {
	batch := &pgconn.Batch{}
	if tx.pending {
		batch.ExecParams(begin, nil, nil, nil, nil)
	}
	batch.ExecParams(sql, fields, nil, []int16{1}, nil) // 1: all binary
	results, err := tx.pg.ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", brief(sql), err)
	}
	tx.pending = false
	return results[len(results)-1].CommandTag.RowsAffected(), nil
}

// insertSQL is an INSERT of a number of rows.
func insertSQL(target, columns string, rows, width int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + target + " (" + columns + ") VALUES ")
	for i := range rows {
		for k := range width {
			switch {
			case k > 0:
				b.WriteByte(',')
			case i > 0:
				b.WriteString("),(")
			default:
				b.WriteByte('(')
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i*width + k + 1))
		}
	}
	b.WriteByte(')')
	return b.String()
}
