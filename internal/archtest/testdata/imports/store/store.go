package store

import (
	_ "github.com/cenkalti/backoff/v4"                      // want import
	_ "github.com/galley-db/galley/backoff"                 // want import
	_ "github.com/galley-db/galley/cmd/galley/internal/gen" // want import
	_ "github.com/galley-db/galley/internal/fileid"         // want import
	_ "github.com/galley-db/galley/internal/pageimage"      // want import
	_ "github.com/galley-db/galley/internal/record"         // want import
	_ "github.com/galley-db/galley/schema"
	_ "github.com/galley-db/galley/table"    // want import
	_ "github.com/ncruces/go-sqlite3"        // want import
	_ "github.com/ncruces/go-sqlite3/driver" // want import
	_ "golang.org/x/sys/unix"                // want import
)
