package backoff

import _ "github.com/cenkalti/backoff/v4" // want import
