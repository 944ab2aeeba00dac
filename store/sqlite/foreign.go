package sqlite

import "context"

// ForeignTables returns the names of the tables in the file that galley did not
// create, in their order. They are lost with the file, and no export, copy or merge
// has their rows.
func (db *DB) ForeignTables(ctx context.Context) (names []string, err error) {
	if err := db.open(); err != nil {
		return nil, err
	}
	if db.Foreign() {
		return nil, nil // all of them are tables of the DB
	}
	rd, err := db.file.readers.acquire(ctx)
	if err != nil {
		return nil, explain(db.file.path, err)
	}
	defer db.file.readers.release(rd)
	defer rd.caught(&err)
	names, err = rd.conn.texts(`SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'` +
		` AND name COLLATE NOCASE NOT IN ('galley_meta', 'galley_columns', 'galley_batches', 'galley_history', 'galley_order')` +
		` AND NOT EXISTS (SELECT 1 FROM main.galley_columns WHERE sqlite_schema.name = "table" COLLATE NOCASE OR sqlite_schema.name = "table" || '_rejected' COLLATE NOCASE) ORDER BY rowid`)
	return names, explain(db.file.path, err)
}
