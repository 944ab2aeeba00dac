// Package holder finds the processes that have a database open, and reports what
// they do with it.
package holder
