package storetest

import (
	_ "github.com/galley-db/galley/cmd/galley" // want import
	_ "github.com/galley-db/galley/table"
	_ "github.com/ncruces/go-sqlite3"
	_ "pgregory.net/rapid"
)
