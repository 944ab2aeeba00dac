package peer

import (
	_ "modernc.org/sqlite" // registers "sqlite"
)

var modernc = sqlPeer{
	name:   "modernc",
	about:  "modernc.org/sqlite (C translated to Go) through database/sql, prepared, a transaction a batch",
	driver: "sqlite",
}
