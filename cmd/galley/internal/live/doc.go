// Package live serves a page that shows how a database, or a spool, grows while
// others write. It reads only, and never holds a snapshot between two reads.
package live
