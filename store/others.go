package store

// Others are the batches of a table that a batch must agree with. An import stores a
// file whole or in parts: two imports of the file at the same moment would store it
// twice unless each looks for what the other stores.
type Others struct {
	// Prefix is what the keys of the others begin with.
	Prefix string
	// Check returns an error if the batch must not be stored. It gets the keys of
	// the table that begin with Prefix, but for the batch's own, in any order.
	// Batches that have such an Others with the same Prefix are stored one after
	// the other, so each sees all that were stored before. Check runs while the
	// table is locked and must not use the database. It is not called if the key of
	// the batch is stored already, unless the batch has Replace.
	Check func(keys []string) error
}
