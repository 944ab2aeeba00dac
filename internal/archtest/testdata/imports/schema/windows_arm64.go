//go:build ignore && windows

package schema

import _ "github.com/galley-db/galley/table" // want import
