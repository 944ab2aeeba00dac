// Package gen writes source for tables: binders without reflection from Go
// structs, Go structs from tables and samples, and Python modules that read a
// table with the right types.
//
// What a struct's tags and types mean is found out by package schema alone:
// gen shows it the types of a source by [schema.Describe], so that columns,
// fingerprints and errors are those of the running program.
//
// Nothing is returned that does not compile: the result is type-checked
// together with its package first, and whatever cannot be generated is a
// *[SourceError] with the place in the source.
package gen
