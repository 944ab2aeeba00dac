package record

// Records are rows that are encoded: each a valid record of exactly the columns
// of a schema, in the form in which an [Encoder] writes them.
type Records [][]byte

// Source are rows that are encoded already. A backend that stores records takes
// these as they are, without binding and checking the values again.
type Source interface{ Records() Records }
