package peer

import _ "github.com/ncruces/go-sqlite3"
