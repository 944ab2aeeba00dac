// Package relate compares the columns of a table: the values of one by the groups of
// another, over time, and against a second one. The same rows always give the same
// figures.
package relate
