// Package browser tests the pages of galley watch --http and galley report in a
// real browser. It is a module of its own, as the browser's driver should not be
// among the dependencies of galley.
package browser
