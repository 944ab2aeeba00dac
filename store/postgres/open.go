package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// DB is a namespace on a server. It is safe for use by several goroutines at
// once, and implements [store.Backend].
type DB struct {
	opts      Options
	namespace string
	place     string // for errors: host, database and namespace, no password
	postgres  bool   // PostgreSQL itself, or an extension of it such as Citus
	copies    bool   // rows go by COPY
	writable  bool   // the connection string asks for a server that can be written
	writers   *pgxpool.Pool
	readers   *pgxpool.Pool
	plans     plans
	looked    atomic.Int64 // when connections were last shared, in nanoseconds since 1970
	gaveBack  atomic.Int64 // when a connection was, likewise
	ensured   sync.Map     // names of tables for rejected rows that are known to be there

	ctx     context.Context // ends at Close: of queries
	cancel  context.CancelCauseFunc
	mu      sync.Mutex
	closed  bool
	reading int // queries under way
	open    store.Writers
}

var _ store.Backend = (*DB)(nil)

// Open connects to a server and, unless Options.ReadOnly is set, makes sure that
// the namespace and galley's own tables exist; several hosts may do so at
// once. url is a connection string as of libpq, "postgres://user@host/database"
// or "host=… dbname=…", and what it leaves out comes from the environment
// (PGPASSWORD and so on):
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING.
//
// Open does not wait for a server that is not there. ctx is for opening alone.
// Close the DB when done.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	db := &DB{opts: opts, namespace: opts.Schema}
	config.MaxConns = int32(opts.MaxConns)
	if config.MaxConnIdleTime == idleDefault {
		config.MaxConnIdleTime, config.HealthCheckPeriod = idle, idle/3
	}
	startup(config.ConnConfig)
	config.ConnConfig.AfterConnect = db.setUp(false)
	db.writable = asksWritable(config.ConnConfig)
	db.place = place(config.ConnConfig, db.namespace)
	if err := db.prepare(ctx, config.ConnConfig); err != nil {
		return nil, db.explain(err)
	}
	db.place = place(config.ConnConfig, db.namespace)
	reading := config.Copy()
	reading.ConnConfig.AfterConnect = db.setUp(true)
	// A result's description is asked for once a query and kept; the statement
	// itself is not, so that it outlives changes of the table.
	reading.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.BeforeConnect = db.afterYield
	// The pools dial when they are asked, and live as long as the DB.
	if db.writers, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), config); err != nil {
		return nil, db.explain(err)
	}
	if db.readers, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), reading); err != nil {
		db.writers.Close()
		return nil, db.explain(err)
	}
	db.ctx, db.cancel = context.WithCancelCause(context.Background())
	return db, nil
}

// place is where a configuration leads to, for people.
func place(c *pgx.ConnConfig, namespace string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d/%s", c.Host, c.Port, c.Database)
	if namespace != "" {
		fmt.Fprintf(&b, " (schema %s)", namespace)
	}
	return b.String()
}

// prepare inspects the server through its own connection: its kind, and whether
// galley's tables exist. It creates the missing ones.
func (db *DB) prepare(ctx context.Context, config *pgx.ConnConfig) error {
	c, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	s := &session{pg: c.PgConn()}
	db.postgres = s.connection().postgres
	db.copies = db.opts.Copy == Always || db.opts.Copy == Auto && db.postgres
	if db.namespace == "" {
		if db.namespace, err = db.currentSchema(ctx, s); err != nil {
			return err
		}
		if db.namespace == "" {
			return fmt.Errorf("%w: the search_path of the connection names no existing schema; set Options.Schema", store.ErrOptions)
		}
	}
	return db.layOut(ctx, s)
}

// currentSchema is the first schema of the connection's search_path. Behind a
// pooler, another program may have changed it: what counts is the value that
// the session began with.
func (db *DB) currentSchema(ctx context.Context, s *session) (name string, err error) {
	err = db.within(ctx, s, true, func() error {
		if s.connection().pooled {
			if err := s.script(ctx, "SET LOCAL search_path TO DEFAULT"); err != nil {
				return err
			}
		}
		row, err := s.row(ctx, "SELECT coalesce(pg_catalog.current_schema(), '')")
		if err == nil {
			name = row[0]
		}
		return err
	})
	return name, err
}

// Dialect is [schema.Postgres].
func (db *DB) Dialect() schema.Dialect { return schema.Postgres() }

// Close ends the queries under way, waits for the batches that are being
// written, and closes all connections. It returns a *[store.UnstoredError] if rows
// of Writers are not stored that were not closed before. A second Close does
// nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	idle := db.reading == 0
	db.mu.Unlock()
	db.cancel(store.ErrClosed)
	db.writers.Close()
	if idle {
		db.readers.Close()
	}
	return db.explain(db.open.Abandon())
}

// KeepWriter is as [store.Backend] says.
func (db *DB) KeepWriter(w store.OpenWriter) (drop func(), err error) {
	drop, err = db.open.Keep(w)
	return drop, db.explain(err)
}

// begin lets a query in, and returns a context that ends with ctx and with the
// DB. The caller must call end.
func (db *DB) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, nil, store.ErrClosed
	}
	db.reading++
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(db.ctx, func() { cancel(context.Cause(db.ctx)) })
	return ctx, func() {
		stop()
		cancel(nil)
		db.mu.Lock()
		db.reading--
		last := db.closed && db.reading == 0
		db.mu.Unlock()
		if last { // Close, which a query may call, did not wait for it
			db.readers.Close()
		}
	}, nil
}

func (db *DB) isClosed() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.closed
}

// TableSQL returns a table's name as SQL has it, quoted and with the namespace.
func (db *DB) TableSQL(table string) string { return db.quoted(table) }

func (db *DB) quoted(table string) string {
	d := schema.Postgres()
	return d.Quote(db.namespace) + "." + d.Quote(table)
}
