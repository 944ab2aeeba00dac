package fileid

import (
	_ "github.com/galley-db/galley/schema" // want import
	_ "golang.org/x/sys/windows"
	_ "golang.org/x/system" // want import
)
