package table

import (
	_ "github.com/galley-db/galley/backoff"
	_ "github.com/galley-db/galley/export"          // want import
	_ "github.com/galley-db/galley/internal/fileid" // want import
	_ "github.com/galley-db/galley/schema"
	_ "github.com/galley-db/galley/store"
	_ "github.com/galley-db/galley/store/postgres" // want import
	_ "github.com/google/go-cmp/cmp"               // want import
)
