package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// What a field wants of a value. Some types of the server have values that no
// such field can hold.
const (
	wantInteger = "an integer"
	wantNumber  = "a number"
	wantTime    = "a time"
	wantVector  = "an array of one dimension without NULL"
)

// unreadableError says why no field can hold a value of a type that fits.
type unreadableError struct {
	kind error
	text string
}

func (e *unreadableError) Error() string { return e.text }
func (e *unreadableError) Unwrap() error { return e.kind }

// misfit records that a value does not fit the field: the query gives another
// type, or the value is one that the field cannot hold.
func (r *rowReader) misfit(i int, want string) {
	at, oid := &schema.ValueError{Column: r.columns[i].Name}, r.oids[i]
	switch value := r.values[r.at[i]]; {
	case oid == pgtype.NumericOID && (want == wantInteger || want == wantNumber):
		at.Value, at.Err = "NaN or infinity", &unreadableError{schema.ErrOverflow, "the stored numeric is not a number that the field can hold; change the value"}
		if digits, ok := numericText(value); ok {
			at.Value, at.Err = digits, schema.ErrOverflow
		}
	case want == wantTime && (oid == pgtype.TimestamptzOID || oid == pgtype.TimestampOID || oid == pgtype.DateOID):
		at.Value, at.Err = "infinity", &unreadableError{schema.ErrTimeRange, "Go has no infinite time; store a finite time, or NULL in a field tagged null"}
		if len(value) > 0 && value[0]&0x80 != 0 {
			at.Value = "-infinity"
		}
	case want == wantVector:
		at.Err = &unreadableError{schema.ErrVectorLen, "the stored array has a NULL or several dimensions; store one dimension without NULL"}
	default:
		at.Err = fmt.Errorf("%w: the query returns a value of the server's type %d, want %s", store.ErrQuery, oid, want)
	}
	r.fail(at)
}
