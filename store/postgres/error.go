package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/store"
)

// lostError says that the connection was lost, or could not be had, while
// nothing of the transaction was committed.
type lostError struct{ err error }

func (e *lostError) Error() string {
	return "the connection was lost before the commit: " + e.err.Error()
}
func (e *lostError) Unwrap() error { return e.err }

// Advice is what a Retrier that has given up adds to its own.
func (e *lostError) Advice() string {
	return "find out whether the server runs and can be reached"
}

// standbyError says that the server is read-only for now: a standby that was not
// yet promoted, or a primary that was demoted.
type standbyError struct{ err error }

func (e *standbyError) Error() string {
	return "the server is read-only for now, as a standby is: " + e.err.Error()
}
func (e *standbyError) Unwrap() error { return e.err }

// Advice is what a Retrier that has given up adds to its own.
func (e *standbyError) Advice() string { return "connect to the primary server" }

// errUnreplicated is returned when the server stopped waiting for its standby.
var errUnreplicated = errors.New("the server stopped waiting for a synchronous standby: the batch is stored on this server, and is lost if the standby takes over without it")

// errRace is returned when another transaction stored the key that this one
// was replacing.
var errRace = errors.New("another host is storing the same key")

// Retryable reports whether err means that nothing was stored and the same call
// may succeed later: the transaction lost against another, the server starts
// or stops, or the connection broke before the commit. It goes by SQLSTATE,
// never by a message.
func (db *DB) Retryable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, store.ErrCommitUnknown) || errors.Is(err, store.ErrClosed) {
		return false
	}
	var lost *lostError
	var standby *standbyError
	if errors.As(err, &lost) || errors.As(err, &standby) || errors.Is(err, errRace) || pgconn.SafeToRetry(err) {
		return true
	}
	switch sqlState(err) {
	case "40001", // serialization_failure
		"40P01", // deadlock_detected
		"55P03", // lock_not_available
		"57P03": // cannot_connect_now
		return true
	}
	return false
}

// sqlState is the server's code for err, "" where err is not the server's:
// https://www.postgresql.org/docs/current/errcodes-appendix.html.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// sqlClass is the first two characters of the server's code.
func sqlClass(err error) string {
	if code := sqlState(err); len(code) == 5 {
		return code[:2]
	}
	return ""
}

// ended puts the context's error in front of err if the context has ended,
// for then that is the reason.
func ended(ctx context.Context, err error) error {
	cause := ctx.Err()
	var row *store.RowError
	if cause == nil || errors.Is(err, cause) || errors.As(err, &row) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// connectError gives its meaning to an error of getting a connection.
func connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, err)
	}
	if errors.Is(err, pgconn.ErrReadOnlyConnection) || errors.Is(err, pgconn.ErrStandbyConnection) {
		return &standbyError{err} // no server is what target_session_attrs asks for
	}
	switch sqlState(err) {
	case "53300", "57P01", "57P02", "57P03": // too_many_connections, shutting down, starting
		return &lostError{err}
	case "":
		if broken(err) {
			return &lostError{err}
		}
	}
	return err
}

// broken reports that err is one of the network: the server is not there, or no
// longer.
func broken(err error) bool {
	var unknownHost *net.DNSError
	if errors.As(err, &unknownHost) {
		return false
	}
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
}

// beforeCommit gives its meaning to an error of a transaction that was not
// committed.
func beforeCommit(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, err)
	}
	if gone(err) {
		return &lostError{err}
	}
	return err
}

// gone reports that err ended the connection, this one's or the server's own to
// another server.
func gone(err error) bool {
	switch sqlClass(err) {
	case "":
		return broken(err)
	case "08": // connection exceptions
		return !malformed(err)
	}
	switch sqlState(err) {
	case "57P01", "57P02", "57P05", // shut down, crashed, idle session ended
		"25P03", "25P04": // idle in the transaction too long, the transaction took too long
		return true
	}
	return false
}

// malformed reports that the server could not read a value in its binary form,
// as where the column has another type. The connection goes on; a pooler has the
// same code for a connection that it gives up.
func malformed(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "08P01" && pg.SeverityUnlocalized == "ERROR" // protocol_violation
}

// afterCommit gives its meaning to an error of a COMMIT that was sent. Where
// the server says itself that it rolled back, nothing is stored. All else
// leaves it open: a server that stops, or one that lost another server, may
// have committed. pgconn.SafeToRetry does not help here: it holds for the
// error "conn closed", which is also what is left of an answer that was lost.
func afterCommit(err error) error {
	switch code := sqlState(err); {
	case code == "40003": // statement_completion_unknown
	case code == "25P03": // the server gave up before it read the COMMIT
		return &lostError{err}
	case sqlClass(err) == "40", sqlClass(err) == "23", sqlClass(err) == "25", code == "55P03":
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrCommitUnknown, err)
}

// placeError adds the place to an error.
type placeError struct {
	place string
	err   error
}

func (e *placeError) Error() string { return "postgres: " + e.place + ": " + e.err.Error() }
func (e *placeError) Unwrap() error { return e.err }

// explain gives an error the meaning that it has for a caller: one of package
// store's errors where there is one, and the place. The cause stays in the
// chain.
func (db *DB) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var done *placeError
	var mismatch *store.MismatchError
	var row *store.RowError
	if errors.As(err, &done) || errors.As(err, &mismatch) || errors.As(err, &row) {
		return err
	}
	if kind := kindOf(err); kind != nil && !errors.Is(err, kind) {
		err = fmt.Errorf("%w: %w", kind, err)
	}
	if noCopy(err) {
		err = fmt.Errorf("%w; set Options.Copy to Never", err)
	}
	return &placeError{db.place, err}
}

// kindOf returns the error of package store that err amounts to, or nil.
func kindOf(err error) error {
	switch sqlState(err) {
	case "53100": // disk_full
		return store.ErrDiskFull
	case "55P03": // lock_not_available
		return store.ErrBusy
	case "25006": // read_only_sql_transaction
		return store.ErrReadOnly
	case "42501": // insufficient_privilege
		if policyRefused(err) {
			return store.ErrConstraint
		}
		return store.ErrPermission
	case "54000": // program_limit_exceeded
		return store.ErrTooLarge
	case "P0001", "44000": // raise_exception, with_check_option_violation
		return store.ErrConstraint
	}
	if sqlClass(err) == "23" {
		return store.ErrConstraint
	}
	return nil
}

// policyRefused reports that a policy of row-level security refused a row. The server
// has the same code for it as for a privilege that a role lacks, and its message is in
// the server's language, but the function's name is not.
func policyRefused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501" && pg.Routine == "ExecWithCheckOptions"
}

// noCopy reports that the server takes no rows by COPY, as into a table with row-level
// security.
func noCopy(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "0A000" && pg.Routine == "DoCopy" // feature_not_supported
}

// blamesRow reports that err may be a single row's fault.
func blamesRow(err error) bool {
	kind := kindOf(err)
	return errors.Is(kind, store.ErrConstraint) || errors.Is(kind, store.ErrTooLarge) || sqlClass(err) == "22"
}
