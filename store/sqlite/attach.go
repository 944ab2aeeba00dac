package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// attached is a batch whose rows are in another file. The engine moves them, as
// whole cells where both tables allow it.
type attached struct {
	*insertion
	from  *DB
	where string
	args  []string
	carry func(moved int64) (*store.Carried, error)
	moved int64 // rows, by the last attempt
}

// BeginFrom is Begin for a batch whose rows are in another database, which was
// opened by [OpenClosed]: those of the table of b.Schema that meet a condition, in
// their order, or all for the condition "". Each ? of the condition is a text of
// args. b.Rows is not used, and b.Mode is [schema.Append]. If the other database
// was written to meanwhile, Try returns [ErrFileReplaced].
//
// carry, unless nil, returns what is stored along with the rows, as b.Carried. An
// attempt calls it in its transaction, after it has moved the rows, with their
// number.
func (db *DB) BeginFrom(from *DB, where string, args []string, b *store.Batch, carry func(moved int64) (*store.Carried, error)) (store.Insertion, error) {
	batch := *b
	batch.Rows = none{}
	in, err := db.hooks.Begin(&batch, func(b *store.Batch) (store.Insertion, error) {
		f := db.file
		err := b.Check()
		if err == nil && (b.Mode != schema.Append || b.RemovesRows() || b.Quarantine || b.Sift || b.Key != "" || b.Carried != nil || from.file.guard.still == nil) {
			err = fmt.Errorf("%w: BeginFrom takes an Append without a key, from a database that OpenClosed has opened", store.ErrOptions)
		}
		if err != nil {
			return nil, &pathError{path: f.path, err: err}
		}
		in := &insertion{Batch: b, db: db, encoded: encodeds.Get().(*encoded)}
		in.encoded.plan = f.plans.of(b.Schema, f.opts.MaxValue)
		return &attached{insertion: in, from: from, where: where, args: args, carry: carry}, nil
	})
	if err != nil {
		db.file.stats.tried(1, store.Result{}, err)
	}
	return in, err
}

// none is the rows that galley does not read: the engine does.
type none struct{}

func (none) Len() int                      { return 0 }
func (none) Bind(int, schema.Writer) error { return nil }

// Try is as [store.Insertion] says.
func (a *attached) Try(ctx context.Context) (res store.Result, err error) {
	a.attempts++
	res, err = a.try(ctx)
	a.db.file.stats.tried(a.attempts, res, err)
	return res, err
}

func (a *attached) try(ctx context.Context) (store.Result, error) {
	if err := a.db.writable(); err != nil {
		return store.Result{}, err
	}
	if a.since.IsZero() {
		a.since = time.Now()
	}
	f := a.db.file
	r := &request{batch: a.insertion, since: a.since}
	r.err = f.exclusively(ctx, func(w *writer) error {
		detach, err := w.attach(a.from)
		if err != nil {
			return err
		}
		f.stats.attempt()
		err = w.takeIn(ctx, a, r)
		detach()
		w.keepWALShort()
		return err
	})
	a.wait, a.hold, a.group, a.moved = r.wait, r.hold, 1, r.result.Inserted
	if r.hold > 0 { // the write lock was held
		f.stats.waited(r.wait)
		f.stats.held(r.hold)
		f.stats.grouped([]*request{r})
	}
	if r.err != nil {
		err := r.err
		if ctx.Err() != nil && !errors.Is(err, store.ErrCommitUnknown) {
			err = ctx.Err() // the engine says that it was interrupted
		}
		return store.Result{}, explain(f.path, err)
	}
	return r.result, nil
}

// Detail fills in what an observer hears of the last attempt.
func (a *attached) Detail(e *store.BatchEvent) {
	a.insertion.Detail(e)
	e.Rows = int(a.moved)
}

// source is the name that another file is attached under.
const source = "source"

// attach attaches another file, read-only, as it lies. An engine that panics
// before detach is closed, and the file with it.
func (w *writer) attach(from *DB) (detach func(), err error) {
	m := newMount(from.file.opts)
	if err := w.conn.run("ATTACH ? AS "+source, m.uri(from.file.path)+"&mode=ro&immutable=1"); err != nil {
		m.unmount()
		return nil, m.blame(err)
	}
	return func() {
		if w.conn.Exec("DETACH "+source) != nil {
			w.replace() // a connection with the file attached is of no use
		}
		m.unmount()
	}, nil
}

// takeIn stores the batch in a transaction.
func (w *writer) takeIn(ctx context.Context, a *attached, r *request) error {
	r.ctx = ctx
	c := w.conn
	old := c.SetInterrupt(ctx)
	defer c.SetInterrupt(old)
	var began time.Time
	err := w.transaction(func() error {
		defer c.SetInterrupt(old) // a COMMIT is not interrupted
		began = time.Now()
		r.wait = began.Sub(r.since)
		err := w.admit(r)
		if err == nil {
			r.result.Inserted, err = w.take(a)
		}
		if err == nil && a.carry != nil {
			b := *a.Batch
			if b.Carried, err = a.carry(r.result.Inserted); err == nil {
				err = w.carry(&insertion{Batch: &b})
			}
		}
		if err == nil {
			err = a.from.file.guard.check()
		}
		return err
	})
	if !began.IsZero() {
		r.hold = max(time.Since(began), 1)
	}
	return err
}

// take moves the rows, and returns their number. A table is scanned in the order
// of its rows unless an index is used.
//
// OR ABORT is what the engine does anyway, and has it ignore what a rule of the
// table says otherwise, as ON CONFLICT IGNORE. Then only a trigger drops a row, and
// without one the rows need not be counted beforehand, which would read all pages
// once more. A trigger's own statements would take the OR ABORT for theirs.
func (w *writer) take(a *attached) (int64, error) {
	table := schema.SQLite().Quote(a.Schema.Name())
	from := " FROM " + source + "." + table + " NOT INDEXED"
	if a.where != "" {
		from += "\nWHERE (" + a.where + "\n)"
	}
	given, insert := int64(-1), "INSERT OR ABORT INTO main."
	if w.verified[a.encoded.plan].triggers {
		var err error
		if given, err = w.conn.int64("SELECT count(*)"+from, a.args...); err != nil {
			return 0, err
		}
		insert = "INSERT INTO main."
	}
	into, columns, err := w.columnsOf(a)
	if err != nil {
		return 0, err
	}
	args := make([]any, len(a.args))
	for i, arg := range a.args {
		args[i] = arg
	}
	if err := w.conn.run(insert+table+into+" SELECT "+columns+from, args...); err != nil {
		return 0, err
	}
	stored := w.conn.Changes()
	if given >= 0 && stored != given {
		return 0, rowsLost(stored, int(given), a.encoded.plan)
	}
	return stored, nil
}

// columnsOf are the columns of an INSERT and of its SELECT. The engine moves whole
// cells only if the statement names none, which is right if both tables have the
// same columns in the same order.
func (w *writer) columnsOf(a *attached) (into, from string, err error) {
	name := schema.SQLite().Literal(a.Schema.Name())
	names := a.Schema.ColumnNames()
	same := true
	for _, db := range []string{"main", source} {
		have, err := w.conn.texts("SELECT name FROM pragma_table_info(" + name + ", '" + db + "')")
		if err != nil {
			return "", "", err
		}
		same = same && slices.Equal(have, names)
	}
	if same {
		return "", "*", nil
	}
	for i := range names {
		names[i] = schema.SQLite().Quote(names[i])
	}
	from = strings.Join(names, ", ")
	return " (" + from + ")", from, nil
}
