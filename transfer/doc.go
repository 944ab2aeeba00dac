// Package transfer moves tables from one place to another.
//
// [Collect] moves the batches of spools into a database.
package transfer
