package store

// Evolution says what Ensure does with a table that differs from the schema.
// The order of the columns is no difference.
type Evolution uint8

const (
	// Strict changes nothing: every difference is in the *MismatchError.
	Strict Evolution = iota
	// Additive makes the changes that no row can mind: new columns that may
	// be NULL or have a default, new indexes and unique groups, types that
	// hold more in the same form. Columns, indexes and unique groups that the
	// table has beyond the schema's stay, so that an older writer whose
	// struct lacks them goes on, if the columns may be NULL or have a default.
	// A column renamed by tag (was=) is renamed in place; a writer that knows
	// it by its old name is refused from then on. A unique group that rows of
	// the table break is ErrConstraint, with the table as it was.
	Additive
	// Rebuild also does what needs the table to be written anew: other types,
	// constraints and keys, and columns to be dropped. It keeps the rows and
	// their order, the table's other indexes, its triggers and views. It
	// fails, with the table as it was, where a value does not come out the
	// same as its new type, a row breaks a new rule, or a view or trigger
	// breaks.
	Rebuild
)
