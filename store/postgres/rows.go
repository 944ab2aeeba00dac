package postgres

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"sync"

	"github.com/galley-db/galley/internal/quarantine"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rows are a batch's rows in the form of the wire protocol: validated, and
// independent of the caller's rows. They are encoded before a connection is taken, so no code of
// the user runs within a transaction.
type rows struct {
	plan    *plan
	columns string // the columns of a row, in SQL
	data    []byte // rows of binary COPY, one after the other
	ends    []int  // of each row in data
	total   int    // rows given; numbers of rows are below it
	rejects []reject
	// place is what goes into the column by which the table is distributed:
	// the batch's key, or a unique text.
	place string
	// mark is the number of the last attempt's row in the ledger, "" for none;
	// unknown are the attempts whose COMMIT was not answered.
	mark    string
	unknown []attempt
	// left is an attempt that the caller did not wait for. Until it is done its
	// group reads data.
	left *member
}

// reject is a row that goes into quarantine.
type reject struct {
	row string // a JSON object
	err error
}

func (r *rows) len() int { return len(r.ends) }

// prefix is the first n rows.
func (r *rows) prefix(n int) *rows {
	p := *r
	p.ends = r.ends[:n]
	p.data = r.data[:p.start(n)]
	return &p
}

// start is where row i begins.
func (r *rows) start(i int) int {
	if i == 0 {
		return 0
	}
	return r.ends[i-1]
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keepBytes is the largest buffer that is kept for the next batch.
const keepBytes = 4 << 20

// release gives the buffer of r back for reuse.
func (r *rows) release() {
	if buf := r.data[:0]; cap(buf) <= keepBytes && r.left == nil {
		buffers.Put(&buf)
	}
	r.data, r.ends = nil, nil
}

// staged reports whether a batch's rows go into a temporary table first, and so
// have a number.
func staged(b *store.Batch) bool { return b.Mode != schema.Append || b.Quarantine }

// encode validates the rows of b and lays them out. A row that cannot be
// stored is a *RowError, or quarantined where the batch has Quarantine, or one of
// a *SiftError where it has Sift.
func (db *DB) encode(b *store.Batch) (*rows, error) {
	p := db.plan(b.Schema)
	r := &rows{plan: p, columns: p.stored(), place: b.Key}
	e := &encoder{plan: p, max: db.opts.MaxValue, batch: -1, buf: *buffers.Get().(*[]byte)}
	if b.Key != "" {
		e.batch, e.key = b.Schema.Batch(), b.Key
	}
	extra, number := 0, staged(b)
	if number {
		r.columns = schema.Postgres().Quote(p.row) + ", " + r.columns
		extra++
	}
	if db.opts.DistributeBy != "" && r.place == "" {
		r.place = anyPlace()
	}
	if p.hidden != "" {
		extra++
	}
	given, n := store.Fork(b.Rows), b.Rows.Len()
	r.ends, r.total = make([]int, 0, n), n
	var refused []*store.RowError
	for i := range n {
		start := len(e.buf)
		e.begin(extra)
		if number {
			e.int64(int64(i))
		}
		err := given.Bind(i, e)
		if err == nil {
			err = e.end()
		}
		if err == nil && p.hidden == "" && db.opts.DistributeBy != "" && b.Key == "" {
			err = errNoPlace(b.Schema)
		}
		switch {
		case err == nil:
		case errors.Is(err, store.ErrUnread):
			r.data = e.buf
			r.release()
			return nil, fmt.Errorf("table %q: %w", b.Schema.Name(), err)
		case b.Quarantine:
			e.buf = e.buf[:start]
			rejected, err := rejectRow(b, given, i, err)
			if err != nil {
				r.data = e.buf
				r.release()
				return nil, err
			}
			r.rejects = append(r.rejects, rejected)
			continue
		case b.Sift && !errors.Is(err, store.ErrKey):
			e.buf = e.buf[:start]
			refused = append(refused, store.NewRowError(b.Schema.Name(), i, err))
			continue
		default:
			r.data = e.buf
			r.release()
			return nil, store.NewRowError(b.Schema.Name(), i, err)
		}
		if p.hidden != "" {
			e.text(r.place)
		}
		r.ends = append(r.ends, len(e.buf))
	}
	r.data = e.buf
	if len(refused) > 0 {
		r.release()
		return nil, &store.SiftError{Table: b.Schema.Name(), Rows: refused}
	}
	return r, nil
}

// errNoPlace refuses rows without a key in a table whose batch column says on
// which server they are: rows of one batch might say different ones.
func errNoPlace(s *schema.Schema) error {
	return fmt.Errorf("%w: table %q is distributed by its batch column; store rows under a key", store.ErrKey, s.Name())
}

// anyPlace is a text that no other batch has.
func anyPlace() string {
	var b [12]byte
	rand.Read(b[:]) // never fails
	return "~" + hex.EncodeToString(b[:])
}

// rejectRow is row i of the rows of b, which could not be encoded because of err.
func rejectRow(b *store.Batch, rows store.Rows, i int, err error) (reject, error) {
	err = store.NewRowError(b.Schema.Name(), i, err).Err // which has a copy of the value
	row, bindErr := quarantine.RowJSON(b.Schema, rows, i)
	if errors.Is(bindErr, store.ErrUnread) {
		return reject{}, fmt.Errorf("table %q: %w", b.Schema.Name(), bindErr)
	}
	if bindErr != nil && !errors.Is(err, bindErr) {
		err = errors.Join(err, bindErr)
	}
	return reject{row, err}, nil
}

// find returns which row has a number, of rows that have one.
func (r *rows) find(number int) (int, bool) {
	return sort.Find(r.len(), func(i int) int {
		return number - int(binary.BigEndian.Uint64(r.data[r.start(i)+2+4:])) // behind the number of fields and a length
	})
}

// fields are the fields of row i, nil for NULL.
func (r *rows) fields(i int, dst [][]byte) [][]byte {
	b := r.data[r.start(i):r.ends[i]]
	n := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	for range n {
		length := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if length < 0 {
			dst = append(dst, nil)
			continue
		}
		dst = append(dst, b[:length:length])
		b = b[length:]
	}
	return dst
}
