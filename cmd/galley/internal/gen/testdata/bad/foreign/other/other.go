package other

type kind string

// Public has a column of a type that others cannot name.
type Public struct {
	A kind
	B *kind
}

type hidden struct{ A int }

// Nearer hides what it embeds.
type Nearer struct {
	hidden
	A string `db:"own"`
}

// Fine lets others reach what it embeds.
type Fine struct {
	hidden
	B string
}
