// Command crawshawloop writes or reads rows with crawshaw.io/sqlite for the
// benchmarks. It is a program of its own because two C libraries of SQLite
// cannot be linked into one.
//
// Its arguments are those of a peer's program: task path source types batch
// workers sum insert select names pragmas setup... It prints nanoseconds, rows
// and the sum of column sum.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"crawshaw.io/sqlite"
	"crawshaw.io/sqlite/sqlitex"
	"github.com/ncruces/go-sqlite3"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 12 {
		log.Fatal("usage: crawshawloop task path source types batch workers sum insert select names pragmas setup...")
	}
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) (err error) {
	db, err := open(args[1], args[11:])
	if err != nil {
		return err
	}
	l := loop{db: db, types: args[3]}
	if args[0] == "read" {
		sum, err := strconv.Atoi(args[6])
		if err != nil {
			return err
		}
		return l.read(args[8], sum)
	}
	batch, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	return l.bulk(args[2], batch, args[7], args[8])
}

// open runs the statements of setup. The library has SQLite 3.32, from before
// STRICT, so its tables check no types.
func open(path string, setup []string) (*sqlite.Conn, error) {
	db, err := sqlite.OpenConn(path, sqlite.SQLITE_OPEN_READWRITE|sqlite.SQLITE_OPEN_CREATE|sqlite.SQLITE_OPEN_NOMUTEX)
	if err != nil {
		return nil, err
	}
	for _, statement := range setup {
		statement = strings.TrimSuffix(statement, " STRICT")
		if err := sqlitex.ExecTransient(db, statement, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", statement, err), db.Close())
		}
	}
	return db, nil
}

// cell is a value of the type that its column has.
type cell struct {
	text    string
	real    float64
	integer int64
}

type loop struct {
	db    *sqlite.Conn
	types string
}

// reader is a statement of either library.
type reader interface {
	ColumnText(i int) string
	ColumnFloat(i int) float64
	ColumnInt64(i int) int64
}

// row reads the row that the statement stands on.
func (l *loop) row(from reader, cells []cell) {
	for i, t := range []byte(l.types) {
		switch t {
		case 't':
			cells[i].text = from.ColumnText(i)
		case 'r':
			cells[i].real = from.ColumnFloat(i)
		default:
			cells[i].integer = from.ColumnInt64(i)
		}
	}
}

func (l *loop) bind(put *sqlite.Stmt, cells []cell) {
	for i, t := range []byte(l.types) {
		switch t {
		case 't':
			put.BindText(i+1, cells[i].text)
		case 'r':
			put.BindFloat(i+1, cells[i].real)
		default:
			put.BindInt64(i+1, cells[i].integer)
		}
	}
}

// bulk stores the rows of source. They are read while the clock stands still,
// by another library, since the source has a STRICT table.
func (l *loop) bulk(source string, batch int, insert, selectRows string) error {
	in, err := sqlite3.OpenFlags(source, sqlite3.OPEN_READONLY)
	if err != nil {
		return err
	}
	defer in.Close()
	from, _, err := in.Prepare(selectRows)
	if err != nil {
		return err
	}
	defer from.Close()
	start := time.Now()
	put, err := l.db.Prepare(insert)
	if err != nil {
		return err
	}
	spent := time.Since(start)

	columns := len(l.types)
	cells := make([]cell, batch*columns)
	total := 0
	for {
		n := 0
		for ; n < batch && from.Step(); n++ {
			l.row(from, cells[n*columns:])
		}
		if err := from.Err(); err != nil {
			return err
		}
		if n == 0 {
			break
		}
		start := time.Now()
		if err := l.store(put, cells[:n*columns]); err != nil {
			return err
		}
		spent += time.Since(start)
		total += n
	}
	start = time.Now()
	if err := l.db.Close(); err != nil {
		return err
	}
	spent += time.Since(start)
	fmt.Println(spent.Nanoseconds(), total, 0)
	return nil
}

// store is one transaction.
func (l *loop) store(put *sqlite.Stmt, cells []cell) error {
	if err := sqlitex.Exec(l.db, "BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	for ; len(cells) > 0; cells = cells[len(l.types):] {
		l.bind(put, cells)
		if _, err := put.Step(); err != nil {
			return err
		}
		if err := put.Reset(); err != nil {
			return err
		}
	}
	return sqlitex.Exec(l.db, "COMMIT", nil)
}

func (l *loop) read(selectRows string, sum int) error {
	start := time.Now()
	from, err := l.db.Prepare(selectRows)
	if err != nil {
		return err
	}
	cells := make([]cell, len(l.types))
	rows, total := 0, 0.0
	for {
		more, err := from.Step()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		l.row(from, cells)
		rows++
		total += float64(cells[sum].integer)
	}
	fmt.Println(time.Since(start).Nanoseconds(), rows, total)
	return l.db.Close()
}
