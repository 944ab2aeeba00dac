package main

import (
	_ "github.com/galley-db/galley/cmd/galley/internal/gen"
	_ "github.com/galley-db/galley/cmd/galley/verb" // want import
	_ "github.com/galley-db/galley/export"
	_ "github.com/galley-db/galley/internal/fileid" // want import
	_ "github.com/galley-db/galley/store/postgres"
	_ "github.com/galley-db/galley/table"
	_ "github.com/schollz/progressbar/v3"
)
