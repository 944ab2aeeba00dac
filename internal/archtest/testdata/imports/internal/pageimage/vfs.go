package pageimage

import (
	_ "github.com/galley-db/galley/internal/fileid" // want import
	_ "github.com/galley-db/galley/internal/record"
	_ "github.com/ncruces/go-sqlite3/vfs"
)
