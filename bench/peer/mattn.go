package peer

import (
	_ "github.com/mattn/go-sqlite3" // registers "sqlite3"
)

var mattn = sqlPeer{
	name:   "mattn",
	about:  "mattn/go-sqlite3 (cgo) through database/sql, prepared, a transaction a batch",
	driver: "sqlite3",
}

// Plain is the peer that creates files outside of a measurement.
var Plain Opener = mattn
