// Package sqltoken splits SQL into tokens as the databases do, see
// https://sqlite.org/lang_expr.html and
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html.
package sqltoken
