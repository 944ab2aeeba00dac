package main

import (
	_ "github.com/cenkalti/backoff/v4" // want import
	_ "github.com/galley-db/galley/backoff"
	_ "github.com/galley-db/galley/cmd/galley/internal/gen" // want import
	_ "github.com/galley-db/galley/examples/custom/rows"
	_ "github.com/galley-db/galley/table"
	_ "github.com/schollz/progressbar/v3"
)
