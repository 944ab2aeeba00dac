package export

import (
	_ "github.com/galley-db/galley/backoff"
	_ "github.com/galley-db/galley/schema"
	_ "github.com/galley-db/galley/store"
	_ "github.com/galley-db/galley/table"
	_ "github.com/ncruces/go-sqlite3" // want import
	_ "github.com/parquet-go/parquet-go"
)
