// Package sheet shows rows of a database on a terminal and to other programs:
// as an aligned table, as JSON, JSON Lines and CSV.
package sheet
