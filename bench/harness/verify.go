package harness

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"

	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/row"
)

// LostError is returned when a file does not hold the rows that were written.
type LostError struct {
	Peer      string
	Want, Got row.Tally
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%s stored %d rows with sum %v, want %d with sum %v",
		e.Peer, e.Got.Rows, e.Got.Sum, e.Want.Rows, e.Want.Sum)
}

// Verify counts and sums the rows of a file with a reader that is not the
// peer's (mattn's for every SQLite file) and returns a *LostError unless they
// are those wanted.
func Verify(ctx context.Context, p peer.Peer, f peer.File, want row.Tally) error {
	tally := tallySQLite
	if v, ok := p.(peer.Verifier); ok {
		tally = v.Verify
	}
	got, err := tally(ctx, f.Path, f.Kind)
	if err != nil {
		return fmt.Errorf("verifying %s: %w", p.Name(), err)
	}
	if !want.Same(got) {
		return &LostError{p.Name(), want, got}
	}
	return nil
}

func tallySQLite(ctx context.Context, path string, k row.Kind) (t row.Tally, err error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=rw")
	if err != nil {
		return t, err
	}
	defer db.Close()
	query := fmt.Sprintf("SELECT count(*), coalesce(%s, 0) FROM %s", k.Sum(), row.Table)
	err = db.QueryRowContext(ctx, query).Scan(&t.Rows, &t.Sum)
	return t, err
}
