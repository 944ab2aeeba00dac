package schema

import (
	_ "encoding/json"
	_ "internal/abi"
	_ "strings"

	_ "github.com/galley-db/galley"                 // want import
	_ "github.com/galley-db/galley/backoff"         // want import
	_ "github.com/galley-db/galley/internal/record" // want import
	_ "github.com/galley-db/galley/store"           // want import
	_ "golang.org/x/sys/unix"                       // want import
)

import "C" // want import
