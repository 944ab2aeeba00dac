package gen

import (
	_ "github.com/cenkalti/backoff/v4/x"       // want import
	_ "github.com/galley-db/galley/cmd/galley" // want import
	_ "github.com/galley-db/galley/export"     // want import
	_ "github.com/galley-db/galley/internal/fileid"
	_ "github.com/galley-db/galley/internal/record" // want import
	_ "github.com/galley-db/galley/schema"
	_ "github.com/galley-db/galley/table" // want import
	_ "golang.org/x/tools/imports"
)
