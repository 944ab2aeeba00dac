package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	given int64 // rows that meet the condition
}

// BeginFrom is Begin for a batch whose rows are in another database, which was
// opened by [OpenClosed]: those of the table of b.Schema that meet a condition, in
// their order, or all for the condition "". Each ? of the condition is a text of
// args. b.Rows is not used, and b.Mode is [schema.Append]. If the other database
// was written to meanwhile, Try returns [ErrFileReplaced].
func (db *DB) BeginFrom(from *DB, where string, args []string, b *store.Batch) (store.Insertion, error) {
	batch := *b
	batch.Rows = none{}
	in, err := db.hooks.Begin(&batch, func(b *store.Batch) (store.Insertion, error) { return db.beginFrom(from, where, args, b) })
	if err != nil {
		db.file.stats.tried(1, store.Result{}, err)
	}
	return in, err
}

func (db *DB) beginFrom(from *DB, where string, args []string, b *store.Batch) (store.Insertion, error) {
	f := db.file
	err := b.Check()
	if err == nil && (b.Mode != schema.Append || b.RemovesRows() || b.Quarantine || b.Sift || b.Key != "" || from.file.guard.still == nil) {
		err = fmt.Errorf("%w: BeginFrom takes an Append without a key, from a database that OpenClosed has opened", store.ErrOptions)
	}
	if err != nil {
		return nil, &pathError{path: f.path, err: err}
	}
	in := &insertion{Batch: b, db: db, encoded: encodeds.Get().(*encoded)}
	in.encoded.plan = f.plans.of(b.Schema, f.opts.MaxValue)
	return &attached{insertion: in, from: from, where: where, args: args}, nil
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

// Detail fills in what an observer hears of the last attempt: the rows are known
// only then.
func (a *attached) Detail(e *store.BatchEvent) {
	a.insertion.Detail(e)
	e.Rows = int(a.given)
}

func (a *attached) try(ctx context.Context) (res store.Result, err error) {
	if err := a.db.writable(); err != nil {
		return res, err
	}
	f := a.db.file
	err = f.exclusively(ctx, func(w *writer) error {
		detach, err := w.attach(a.from)
		if err != nil {
			return err
		}
		res, err = w.takeIn(ctx, a)
		detach()
		w.keepWALShort()
		return err
	})
	if err != nil {
		if ctx.Err() != nil && !errors.Is(err, store.ErrCommitUnknown) {
			err = ctx.Err() // the engine says that it was interrupted
		}
		return store.Result{}, explain(f.path, err)
	}
	return res, nil
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
func (w *writer) takeIn(ctx context.Context, a *attached) (store.Result, error) {
	r := &request{ctx: ctx, batch: a.insertion}
	c := w.conn
	old := c.SetInterrupt(ctx)
	defer c.SetInterrupt(old)
	err := w.transaction(func() error {
		defer c.SetInterrupt(old) // a COMMIT is not interrupted
		err := w.admit(r)
		if err == nil {
			r.result.Inserted, err = w.take(a)
		}
		if err == nil {
			err = a.from.file.guard.check()
		}
		return err
	})
	return r.result, err
}

// take moves the rows, and returns their number. A table is scanned in the order
// of its rows unless an index is used.
func (w *writer) take(a *attached) (int64, error) {
	table := schema.SQLite().Quote(a.Schema.Name())
	from := " FROM " + source + "." + table + " NOT INDEXED"
	if a.where != "" {
		from += "\nWHERE (" + a.where + "\n)"
	}
	given, err := w.conn.int64("SELECT count(*)"+from, a.args...)
	if err != nil {
		return 0, err
	}
	a.given = given
	into, columns, err := w.columnsOf(a)
	if err != nil {
		return 0, err
	}
	args := make([]any, len(a.args))
	for i, arg := range a.args {
		args[i] = arg
	}
	if err := w.conn.run("INSERT INTO main."+table+into+" SELECT "+columns+from, args...); err != nil {
		return 0, err
	}
	if stored := w.conn.Changes(); stored != given {
		return 0, rowsLost(stored, int(given), a.encoded.plan)
	}
	return given, nil
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
