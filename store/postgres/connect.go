package postgres

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/schema"
)

// ErrEncoding is returned by [Open] for a database whose encoding is not UTF8:
// another encoding does not have every character, and a SQL_ASCII database
// checks none.
var ErrEncoding = errors.New("the encoding of the database is not UTF8")

// connection is what is known about a connection to a server.
type connection struct {
	postgres bool // itself, or an extension of it
	// pooled means that a pooler stands between, so what is set in one
	// transaction may be missing in the next, or hold for another program.
	pooled   bool
	prepared map[string]string // names of prepared statements, by SQL
	// unreplicated is set when the server says that it waits no longer for a
	// synchronous standby, of a COMMIT that it made nevertheless.
	unreplicated bool
}

// connectionKey is the key of the *connection in a pgconn.PgConn's CustomData.
const connectionKey = "galley connection"

func (s *session) connection() *connection {
	return s.pg.CustomData()[connectionKey].(*connection)
}

// startup sets the parameters of the first message. Poolers refuse most
// parameters there, and target_session_attrs=read-write refuses a session that
// is read-only from the start: the others are set by setUp.
func startup(config *pgx.ConnConfig) {
	params := config.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = "galley"
	}
	params["client_encoding"] = "UTF8"
	params["standard_conforming_strings"] = "on"
	config.OnNotice = func(pg *pgconn.PgConn, n *pgconn.Notice) {
		// The message is in the server's language, the function's name is not.
		if c, ok := pg.CustomData()[connectionKey].(*connection); ok && n.Routine == "SyncRepWaitForLSN" {
			c.unreplicated = true
		}
	}
}

// asksWritable reports whether the connection string has
// target_session_attrs=read-write.
func asksWritable(config *pgx.ConnConfig) bool {
	at := func(f pgconn.ValidateConnectFunc) uintptr { return reflect.ValueOf(f).Pointer() }
	return config.ValidateConnect != nil && at(config.ValidateConnect) == at(pgconn.ValidateConnectTargetSessionAttrsReadWrite)
}

// setUp prepares a new connection: it finds out what the server is and whether
// a pooler stands between, sets what galley needs of a session, and checks it.
func (db *DB) setUp(reading bool) pgconn.AfterConnectFunc {
	return func(ctx context.Context, pg *pgconn.PgConn) error {
		s := &session{pg: pg}
		known, err := s.row(ctx, "SELECT pg_catalog.version(), pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_encoding')")
		if err != nil {
			return err
		}
		c := &connection{postgres: isPostgres(known[0]), prepared: map[string]string{}}
		// A pooler hands out numbers of its own. Servers that only speak
		// PostgreSQL's protocol do so as well.
		c.pooled = c.postgres && known[1] != strconv.FormatUint(uint64(pg.PID()), 10)
		pg.CustomData()[connectionKey] = c
		if c.postgres && known[2] != "UTF8" {
			return fmt.Errorf("%w but %s; create a database with ENCODING 'UTF8'", ErrEncoding, known[2])
		}
		if c.pooled {
			return nil // each transaction sets what it needs
		}
		return s.set(ctx, db.settings(reading, c), false)
	}
}

// setting is a parameter of a session or a transaction.
type setting struct{ name, value string }

// settings are what galley needs of a connection, in the order in which they
// are set.
func (db *DB) settings(reading bool, c *connection) []setting {
	// The first two decide how the server reads what comes after them.
	all := []setting{{"client_encoding", "UTF8"}, {"standard_conforming_strings", "on"}}
	if db.namespace != "" {
		// Temporary tables come last, so they do not stand in for a table.
		all = append(all, setting{"search_path", schema.Postgres().Quote(db.namespace) + ", pg_temp"})
	}
	if reading || db.opts.ReadOnly {
		name := "default_transaction_read_only"
		if c.pooled { // within a transaction
			name = "transaction_read_only"
		}
		all = append(all, setting{name, "on"})
	}
	if reading && c.postgres {
		// Without this a scan may begin in the middle of a large table, where
		// another scan happens to be: a resumed copy depends on the order.
		all = append(all, setting{"synchronize_seqscans", "off"})
	}
	return all
}

// set sets parameters of the session, or begins a transaction and sets them
// until it ends, in one round trip.
func (s *session) set(ctx context.Context, settings []setting, local bool) error {
	batch := &pgconn.Batch{}
	first := 0
	if local {
		batch.ExecParams(begin, nil, nil, nil, nil)
		first = 1
	}
	for _, one := range settings {
		batch.ExecParams("SELECT pg_catalog.set_config($1, $2, $3)",
			[][]byte{[]byte(one.name), []byte(one.value), []byte(strconv.FormatBool(local))}, nil, nil, nil)
	}
	results, err := s.pg.ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		return err
	}
	for i, one := range settings {
		if rows := results[first+i].Rows; len(rows) != 1 || string(rows[0][0]) != one.value {
			return fmt.Errorf("%s is %q after it was set to %q", one.name, rows, one.value)
		}
	}
	return nil
}

// start begins a transaction. Behind a pooler the parameters are set within
// it, and end with it.
func (db *DB) start(ctx context.Context, s *session, reading bool) error {
	c := s.connection()
	if s.pending = !c.pooled; s.pending {
		return nil
	}
	return s.set(ctx, db.settings(reading, c), true)
}

// within runs queries on a connection. Behind a pooler they get a transaction
// with the parameters that another connection has from the start.
func (db *DB) within(ctx context.Context, s *session, reading bool, work func() error) error {
	if !s.connection().pooled {
		return work()
	}
	err := db.start(ctx, s, reading)
	if err == nil {
		err = work()
	}
	s.rollback(ctx)
	return err
}
