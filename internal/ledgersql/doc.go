// Package ledgersql reads galley_batches and the quarantine of a table by SQL that
// both engines understand.
package ledgersql
