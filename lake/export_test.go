package lake

// Unasserted returns o without the requirement on the snapshot.
func (o PublishOptions) Unasserted() PublishOptions {
	o.unasserted = true
	return o
}

// Uncompared returns o without the comparison of the state.
func (o PublishOptions) Uncompared() PublishOptions {
	o.uncompared = true
	return o
}

// BeforeCommit returns o with a function that is called before a commit is tried.
func (o PublishOptions) BeforeCommit(f func()) PublishOptions {
	o.before = f
	return o
}

// BeforeReading returns o with a function that is called before rows are read.
func (o PublishOptions) BeforeReading(f func()) PublishOptions {
	o.reading = f
	return o
}
