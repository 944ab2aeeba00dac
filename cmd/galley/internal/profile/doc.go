// Package profile describes the columns of a table: how many values are NULL
// and how many differ, the least and the greatest, mean and quantiles, how the
// values are spread, and how numbers go together. It reads the table once, in
// bounded memory, and shows the result on a terminal and as an HTML page.
package profile
