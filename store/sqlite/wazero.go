//go:build wazero

package sqlite

// The engine as WebAssembly, run by wazero: built with -tags wazero and
// -modfile=go.wazero.mod. docs/engines.md says when to take it.
import _ "github.com/ncruces/go-sqlite3/embed"
