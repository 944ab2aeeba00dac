package lake

// Unguarded returns o without the requirement and the comparison that make a commit
// happen once.
func (o PublishOptions) Unguarded() PublishOptions {
	o.unguarded = true
	return o
}

// BeforeCommit returns o with a function that is called before a commit is tried.
func (o PublishOptions) BeforeCommit(f func()) PublishOptions {
	o.before = f
	return o
}
