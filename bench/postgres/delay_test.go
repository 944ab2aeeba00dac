package postgres_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/internal/pgcluster"
)

// roundTrip is the time that the delayed server is away.
const roundTrip = time.Millisecond

// delayed is the connection string of a server behind a proxy that holds
// everything back for half of roundTrip, each way.
func delayed(tb testing.TB, server string) string {
	tb.Helper()
	config, err := pgconn.ParseConfig(server)
	if err != nil {
		tb.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				client.Close()
				continue
			}
			go pump(server, client)
			go pump(client, server)
		}
	}()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password),
		Host: listener.Addr().String(), Path: "/" + config.Database, RawQuery: "sslmode=disable"}
	return u.String()
}

// chunk is the bytes of one read, and the time at which to forward them.
type chunk struct {
	data []byte
	due  time.Time
}

func pump(dst, src net.Conn) {
	chunks := make(chan chunk, 1024)
	go func() {
		defer dst.Close()
		for c := range chunks {
			pause(time.Until(c.due))
			if _, err := dst.Write(c.data); err != nil {
				src.Close()
				for range chunks { // until the reader ends
				}
				return
			}
		}
	}()
	defer close(chunks)
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			chunks <- chunk{bytes.Clone(buf[:n]), time.Now().Add(roundTrip / 2)}
		}
		if err != nil {
			return
		}
	}
}

// BenchmarkRoundTrip is what a round trip takes, with and without the delay.
func BenchmarkRoundTrip(b *testing.B) {
	server := pgcluster.URL(b)
	for _, way := range []struct{ name, url string }{{"local", server}, {"1ms", delayed(b, server)}} {
		b.Run(way.name, func(b *testing.B) {
			c, err := pgx.Connect(b.Context(), way.url)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close(context.Background())
			for b.Loop() {
				if err := c.Ping(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
