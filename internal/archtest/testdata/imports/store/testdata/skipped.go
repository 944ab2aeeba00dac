package skipped

import _ "github.com/galley-db/galley/table"
