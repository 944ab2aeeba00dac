// Package postgres holds the benchmarks of tables on a PostgreSQL server:
// galley against pgx's CopyFrom written by hand and against gorm, from one
// writer and from sixteen, on a local socket and with a round trip of 1 ms.
//
//	go test -bench . -benchtime 2s -count 5 ./postgres
//
// They need initdb and pg_ctl, or a server named by GALLEY_TEST_POSTGRES.
package postgres
