// Package ownkey has the keys under which galley stores batches of its own: those
// of a copy, of a spool, and the records of a merge.
package ownkey
