package postgres

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galley-db/galley/internal/observe"
	"github.com/galley-db/galley/store"
)

// Options are the settings of [Open]. The zero value is right for a plain
// PostgreSQL server.
type Options struct {
	// Schema is the namespace of the tables, which is created where it is
	// missing; "" means the first of the connection's search_path, which is
	// "public" unless the server is set up otherwise. It is the search_path
	// of galley's connections: a check= or a query that uses anything of another
	// schema must name the schema.
	Schema string
	// ReadOnly opens the namespace and writes nothing: Open creates nothing and
	// returns store.ErrNotGalley if it has no galley tables, and each call that
	// would write returns store.ErrReadOnly. DistributeBy and Servers need
	// not be said: reading is the same.
	ReadOnly bool
	// MaxConns is the largest number of connections for writing, and as many
	// again for reading; 0 means 16. A loop over a table holds one of the
	// latter, and a loop within it another.
	MaxConns int
	// Copy selects how rows reach the server; zero (Auto) asks the server.
	Copy CopyMode
	// MaxValue is the largest text, blob or vector in bytes, 0 means 32 MiB.
	// A larger value is refused with store.ErrTooLarge before anything is
	// sent. A server takes no more than 1 GB a row.
	MaxValue int
	// CommitWait is how long a COMMIT that was sent is waited for after the
	// context has ended, before the outcome counts as unknown; 0 means 10 s.
	CommitWait time.Duration
	// DistributeBy, unless empty, names the column by which tables and the
	// ledger of batches are spread over several servers: it holds the batch's
	// key, so that a batch is on one server, whole. It is the struct's batch
	// column if that has this name, and else a column that galley adds and
	// that no struct sees. All who open one namespace must say the same.
	//
	// A table cannot have a key or a unique group then: no server sees the
	// others' rows.
	DistributeBy string
	// Servers are the foreign servers (CREATE SERVER … FOREIGN DATA WRAPPER
	// postgres_fdw, with the extension dblink beside it) over which Ensure
	// spreads new tables, a hash partition on each. Without Servers, Ensure
	// makes tables of the right form and leaves it to you to spread them, as
	// Citus does with create_distributed_table.
	Servers []string
	// Logger, unless nil, gets a line for each fault and sign of one:
	// docs/monitoring.md lists the messages and their attributes. A line holds no
	// values of rows.
	Logger *slog.Logger
	// Observer, unless nil, receives each batch.
	Observer store.Observer
}

// hooks receive what happens.
func (o *Options) hooks() observe.Hooks {
	return observe.Hooks{Observer: o.Observer, Logger: o.Logger}
}

// CopyMode selects between COPY and INSERT. COPY is right where the server's
// COPY is atomic within a transaction and takes a batch of any size.
type CopyMode uint8

const (
	// Auto goes by the text of the server's version(): COPY for
	// PostgreSQL itself, INSERT for what else speaks its protocol.
	Auto CopyMode = iota
	// Always sends rows by binary COPY, which is the fastest way.
	Always
	// Never sends rows by multi-row INSERT statements of limited size, in the
	// same one transaction.
	Never
)

// maxIdentifier is the longest name in bytes that a server keeps whole:
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS.
const maxIdentifier = 63

const maxValue = 1 << 30

// withDefaults returns o with every zero replaced by what it means.
func (o Options) withDefaults() (Options, error) {
	bad := func(name string, v any, want string) error {
		return fmt.Errorf("%w: %s is %v, want %s", store.ErrOptions, name, v, want)
	}
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	if o.MaxValue == 0 {
		o.MaxValue = 32 << 20
	}
	if o.CommitWait == 0 {
		o.CommitWait = 10 * time.Second
	}
	for _, name := range append([]string{o.Schema, o.DistributeBy}, o.Servers...) {
		if !utf8.ValidString(name) || slices.Contains([]byte(name), 0) || len(name) > maxIdentifier {
			return o, fmt.Errorf("%w: %q is not a valid server name: it must be UTF-8 without NUL, of at most %d bytes", store.ErrOptions, name, maxIdentifier)
		}
	}
	if o.Schema == "$user" || o.Schema == "information_schema" || strings.HasPrefix(o.Schema, "pg_") {
		return o, fmt.Errorf("%w: Schema is %q, which is reserved on the server; use another name", store.ErrOptions, o.Schema)
	}
	switch {
	case o.MaxConns < 0 || o.MaxConns > 1<<15:
		return o, bad("MaxConns", o.MaxConns, "0 to 32,768")
	case o.Copy > Never:
		return o, bad("Copy", uint8(o.Copy), "Auto, Always or Never")
	case o.MaxValue < 0 || o.MaxValue > maxValue:
		return o, bad("MaxValue", o.MaxValue, "0 to 1 GiB")
	case o.CommitWait < 0:
		return o, bad("CommitWait", o.CommitWait, "0 or more")
	case len(o.Servers) > 0 && o.DistributeBy == "":
		return o, fmt.Errorf("%w: Servers are given without DistributeBy", store.ErrOptions)
	case slices.Contains(o.Servers, ""):
		return o, fmt.Errorf("%w: one of Servers has no name", store.ErrOptions)
	}
	o.Servers = slices.Clone(o.Servers)
	return o, nil
}
