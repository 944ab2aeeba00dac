package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"
	lite "github.com/ncruces/go-sqlite3/driver"
	. "github.com/ncruces/go-sqlite3/vfs"
)

func Open(c *sqlite3.Conn) {} // want export

func Result(ctx context.Context) (n int, err []*sqlite3.Error) { return 0, nil } // want export

func open(c *sqlite3.Conn) (err *sqlite3.Error) { return nil }

func Generic[T lite.Conn](T) {} // want export

func Dot(f File) {} // want export

type DB struct {
	conn   *sqlite3.Conn
	Conn   map[string]*sqlite3.Conn           // want export
	Hook   func(sqlite3.AuthorizerActionCode) // want export
	Number int
	embedded
	*sqlite3.Stmt // want export
}

type embedded struct {
	conn *sqlite3.Conn
	Stmt *sqlite3.Stmt // want export
}

type hidden struct {
	Conn *sqlite3.Conn
}

func (h hidden) Use(c *sqlite3.Conn) {}

func (db *DB) Raw() *sqlite3.Conn { return nil } // want export

func (db *DB) raw() *sqlite3.Conn { return db.conn }

type Alias = sqlite3.Conn // want export

type Indirect = alias

type alias = sqlite3.Error // want export

type Code sqlite3.ErrorCode

type Param[T interface{ *sqlite3.Value }] struct{ v T } // want export

type Backend interface { // want export
	Conn() *sqlite3.Conn // want export
	conn() *sqlite3.Conn
	sqlite3.AggregateFunction
}

const Busy = sqlite3.BUSY // want export

const Plain = int(sqlite3.BUSY)

var Typed sqlite3.ErrorCode = 5 // want export

var Literal = &sqlite3.Conn{} // want export

var Function = func(*sqlite3.Conn) {} // want export

var Called = connect() // want export

var unexported sqlite3.ErrorCode

func connect() *sqlite3.Conn { return nil }

func Inside() { var c *sqlite3.Conn; _ = c }
