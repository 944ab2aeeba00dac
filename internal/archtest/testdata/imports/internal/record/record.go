package record

import (
	_ "github.com/galley-db/galley/schema"
	_ "github.com/ncruces/go-sqlite3" // want import
)
