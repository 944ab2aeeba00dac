package faultvfs

import (
	_ "github.com/galley-db/galley/table" // want import
	_ "github.com/ncruces/go-sqlite3/vfs"
)
