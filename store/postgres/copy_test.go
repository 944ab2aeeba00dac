package postgres

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5/pgconn"
)

// brokenConn is a connection that breaks while the first rows of a COPY are
// written: the server's answer cannot be read, and the write ends later.
type brokenConn struct {
	net.Conn // not called
	written  bytes.Buffer
	writing  chan struct{} // closed when rows are written
	resume   chan struct{} // closed when that write ends
}

func (c *brokenConn) Close() error { return nil }

func (c *brokenConn) Read([]byte) (int, error) {
	<-c.writing
	return 0, io.ErrUnexpectedEOF
}

func (c *brokenConn) Write(p []byte) (int, error) {
	if p[0] != 'd' { // CopyData
		return len(p), nil
	}
	if c.written.Len() == 0 {
		close(c.writing)
		<-c.resume
	}
	return c.written.Write(p)
}

// TestCopyReadsNothingLater: after a COPY has failed its rows are not read any
// more, so their buffer can be used again. pgconn still has a goroutine that
// reads them where the connection breaks or the context ends.
func TestCopyReadsNothingLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, err := pgconn.ParseConfig("host=/nowhere user=nobody")
		if err != nil {
			t.Fatal(err)
		}
		conn := &brokenConn{writing: make(chan struct{}), resume: make(chan struct{})}
		pg, err := pgconn.Construct(&pgconn.HijackedConn{Conn: conn, TxStatus: 'T', Config: config})
		if err != nil {
			t.Fatal(err)
		}
		tx := &transaction{session: session{pg: pg}}
		data := bytes.Repeat([]byte{'a'}, 200_000) // more than pgconn reads at once
		if _, err := tx.copy(t.Context(), "t", []*rows{{columns: "n", data: data}}); err == nil {
			t.Error("no error from a connection that is broken")
		}
		clear(data) // as the next batch would
		close(conn.resume)
		synctest.Wait()
		if n := bytes.IndexByte(conn.written.Bytes()[5+len(copySignature):], 0); n >= 0 {
			t.Errorf("byte %d of the rows was read after the COPY had failed", n)
		}
		if n := conn.written.Len(); n == 0 || n > 100_000 {
			t.Errorf("%d bytes were written, want those of one read", n)
		}
	})
}
