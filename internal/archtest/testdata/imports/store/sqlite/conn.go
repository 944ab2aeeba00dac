package sqlite

import (
	_ "github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/vfs"
	_ "github.com/ncruces/julianday"
)
