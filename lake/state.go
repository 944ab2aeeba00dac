package lake

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apache/iceberg-go"
)

// state is how far a galley file was published into an Iceberg table. It lies in
// two of the table's properties: the number of the last ledger row by itself, for
// people and other programs, and the rest as JSON.
type state struct {
	Ledger  int64          `json:"-"`
	Rowid   int64          `json:"rowid"`         // of the last published row
	Rows    int64          `json:"rows"`          // published
	Batches string         `json:"batches"`       // digest of the ledger up to Ledger
	Sum     string         `json:"sum,omitempty"` // of the rows, as compared for tables with a key
	End     string         `json:"end,omitempty"` // of the last published rows; "" where an older galley published
	Columns map[string]int `json:"columns"`       // field ids of the galley columns
	History int64          `json:"history"`       // the last entry of the table's history when they had these names
	Token   string         `json:"token"`         // of the publish that wrote the state
}

// The names of the properties begin with these words, which differ before the
// table's name: a table may be called "a.state".
const (
	ledgerPrefix = "galley."
	statePrefix  = "galley-state."
)

func propertyName(fileID, table string) string { return ledgerPrefix + fileID + "." + table }
func stateName(fileID, table string) string    { return statePrefix + fileID + "." + table }

// readState reads the state of a table's properties, the zero state if the file was
// never published into it.
func readState(props iceberg.Properties, fileID, table string) (state, error) {
	var s state
	number, ok := props[propertyName(fileID, table)]
	text, ok2 := props[stateName(fileID, table)]
	if !ok && !ok2 {
		return s, nil
	}
	damaged := func(err error) error {
		return fmt.Errorf("table %q: %w: properties %s and %s: %w; restore them from an older version of the table's metadata, or publish into another namespace",
			table, ErrState, propertyName(fileID, table), stateName(fileID, table), err)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return state{}, damaged(err)
	}
	var err error
	if s.Ledger, err = strconv.ParseInt(number, 10, 64); err != nil {
		return state{}, damaged(err)
	}
	return s, nil
}

func (s *state) properties(fileID, table string) (iceberg.Properties, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return iceberg.Properties{
		propertyName(fileID, table): strconv.FormatInt(s.Ledger, 10),
		stateName(fileID, table):    string(text),
	}, nil
}
