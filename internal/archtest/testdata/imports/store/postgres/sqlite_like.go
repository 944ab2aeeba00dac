package postgres

import (
	_ "github.com/galley-db/galley/internal/fileid" // want import
	_ "github.com/galley-db/galley/schema"
	_ "github.com/galley-db/galley/store"
	_ "github.com/jackc/pgx/v5"
	_ "github.com/ncruces/go-sqlite3" // want import
)
