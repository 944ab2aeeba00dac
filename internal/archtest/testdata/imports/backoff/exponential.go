package backoff

import (
	_ "github.com/cenkalti/backoff/v4"
	_ "github.com/galley-db/galley/schema" // want import
)
