package lake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/store"
)

// PublishOptions say what is published, and where. The zero value publishes all
// tables into the namespace "galley".
type PublishOptions struct {
	// Tables are the names of the tables; nil for all.
	Tables []string
	// Namespace is the Iceberg namespace, with a dot between its parts. The
	// default is "galley". It is created if it is missing.
	Namespace string
	// Partition are the partition fields of tables that do not exist yet, as
	// identity(subject),day(at). Rows of one value lie in files of their own. A
	// table that exists must have the same fields, unless Partition is empty.
	Partition string
	// Republish replaces all rows that this file has published, in one snapshot,
	// by the rows that the file has now.
	Republish bool
	// Verify compares the published rows with their sum also for tables without a
	// key. Without it, only their number and the ledger are compared: a value that
	// Edit or SQL changed in such a table is not noticed.
	Verify bool
	// RowsPerFile is the largest number of rows in a data file. The default is
	// 10,000,000.
	RowsPerFile int64
	// Storage are the properties of the object storage, such as s3.endpoint. For
	// a [Catalog] they are known already.
	Storage iceberg.Properties
	// Retrier decides how often a commit is tried. The default waits up to 5 s
	// between attempts, and 5 minutes in all.
	Retrier backoff.Retrier

	// unasserted leaves out the requirement on the snapshot, and uncompared the
	// comparison of the state. Tests use them to see rows double.
	unasserted, uncompared bool
	// reading, unless nil, is called before rows are read, and before before a commit
	// is tried.
	reading, before func()
}

// Report says what Publish did.
type Report struct {
	Tables []TableReport `json:"tables"`
}

// TableReport says what Publish did to a table. Where nothing was new, all counts
// are 0.
type TableReport struct {
	Table    string `json:"table"`
	Batches  int64  `json:"batches"` // of the ledger
	Rows     int64  `json:"rows"`    // also those of no batch
	Files    int    `json:"files"`
	Bytes    int64  `json:"bytes"`
	Ledger   int64  `json:"ledger"`   // the number of the last ledger row that is published
	Snapshot int64  `json:"snapshot"` // the table's, 0 if it has none
	Attempts int    `json:"attempts"` // to commit
}

// Publish writes what is new in the tables of a galley file since the last Publish
// into Iceberg tables of the same names, each table in one commit. The rows of a
// table become visible together, each once, even if several processes publish the
// same file, or are killed while they do.
//
// It returns a *ChangedError if published rows have changed, an *EvolutionError if
// an Iceberg table cannot take the columns, and ErrSource for a database that is not
// a galley file. A table that failed leaves the ones before it published: the Report
// names them.
func Publish(ctx context.Context, from store.Backend, into catalog.Catalog, opts PublishOptions) (_ *Report, err error) {
	report := &Report{}
	defer func() { err = secretsFor(into, opts.Storage).hide(err) }()
	id, err := fileID(ctx, from)
	if err != nil {
		return report, err
	}
	terms, err := parsePartition(opts.Partition)
	if err != nil {
		return report, err
	}
	names := opts.Tables
	if names == nil {
		all, err := from.Tables(ctx)
		if err != nil {
			return report, err
		}
		for _, s := range all {
			names = append(names, s.Name())
		}
	}
	for _, name := range names {
		p := newPublisher(into, opts, terms)
		if p.src, err = openSource(ctx, from, id, name); err != nil {
			return report, err
		}
		p.name = append(append(table.Identifier{}, p.namespace...), p.src.schema.Name())
		done, err := p.publish(ctx)
		if err != nil {
			return report, fmt.Errorf("publish %s: %w", strings.Join(p.name, "."), err)
		}
		report.Tables = append(report.Tables, done)
	}
	return report, nil
}

// secretsFor returns the secrets that errors of this catalog may have.
func secretsFor(into catalog.Catalog, storage iceberg.Properties) secrets {
	hidden := secretsOf(storage)
	if known, ok := into.(*Catalog); ok {
		hidden = append(hidden, known.secrets...)
	}
	return hidden
}

// publisher publishes one table.
type publisher struct {
	catalog   catalog.Catalog
	opts      PublishOptions
	terms     []partitionTerm
	retrier   backoff.Retrier
	storage   *storage
	namespace table.Identifier
	name      table.Identifier
	src       *source
	attempts  int
	whole     bool   // read the whole table, fast, where most of it is new
	fresh     int64  // rows that are not published
	sum       rowSum // of those that are
}

func newPublisher(into catalog.Catalog, opts PublishOptions, terms []partitionTerm) *publisher {
	p := &publisher{catalog: into, opts: opts, terms: terms, retrier: opts.Retrier, storage: &storage{properties: opts.Storage}}
	if known, ok := into.(*Catalog); ok && opts.Storage == nil {
		p.storage.properties = known.storage
	}
	if p.retrier == nil {
		p.retrier = backoff.Exponential{Initial: 50 * time.Millisecond, Max: 5 * time.Second, MaxElapsed: 5 * time.Minute, Multiplier: 2}
	}
	if p.opts.Namespace == "" {
		p.opts.Namespace = "galley"
	}
	if p.opts.RowsPerFile <= 0 {
		p.opts.RowsPerFile = 10_000_000
	}
	p.namespace = strings.Split(p.opts.Namespace, ".")
	return p
}

// rounds is how often a publish starts again because another process was faster or
// the file changed meanwhile.
const rounds = 20

func (p *publisher) publish(ctx context.Context) (TableReport, error) {
	var err error
	for round := range rounds {
		p.whole = round == 0 // a table that is written to meanwhile is read up to a row
		var done TableReport
		if done, err = p.once(ctx); err == nil || !errors.Is(err, errOvertaken) {
			return done, err
		}
		if err := ctx.Err(); err != nil {
			return done, err
		}
	}
	return TableReport{}, err
}

// once publishes what is new now. It returns errOvertaken if another process has
// published meanwhile.
func (p *publisher) once(ctx context.Context) (done TableReport, err error) {
	done.Table = strings.Join(p.name, ".")
	t, err := p.open(ctx)
	if err != nil {
		return done, err
	}
	before, err := readState(t.Properties(), p.src.fileID, p.src.schema.Name())
	if err != nil {
		return done, err
	}
	base := before
	if p.opts.Republish {
		base = state{Columns: before.Columns, History: before.History}
	}
	if base.Token == "" {
		base.Rowid = noRowid
	}
	next, batches, err := p.plan(ctx, t, base)
	if err != nil {
		return done, err
	}
	t, fields, history, err := p.evolveTable(ctx, t, base)
	if err != nil {
		return done, err
	}
	next.History = history
	for i, c := range p.src.schema.Columns() {
		next.Columns[c.Name] = fields[i].ID
	}
	if done.Ledger = base.Ledger; next.Ledger == base.Ledger && next.Rowid == base.Rowid && !p.opts.Republish {
		if s := t.CurrentSnapshot(); s != nil {
			done.Snapshot = s.SnapshotID
		}
		return done, nil
	}
	files, err := p.write(ctx, t, fields, base, &next, batches)
	if err != nil {
		return done, err
	}
	t, err = p.commit(ctx, before, next, files)
	if err != nil {
		return done, err
	}
	done.Batches, done.Rows = int64(len(batches)), next.Rows-base.Rows
	done.Files, done.Bytes, done.Ledger, done.Attempts = len(files.written), files.bytes, next.Ledger, p.attempts
	if s := t.CurrentSnapshot(); s != nil {
		done.Snapshot = s.SnapshotID
	}
	return done, nil
}
