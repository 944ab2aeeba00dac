package postgres_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// proxy stands between client and server, counts the protocol's messages, and
// cuts the connection at one of them.
type proxy struct {
	listener net.Listener
	network  string
	address  string

	mu    sync.Mutex
	armed bool
	count [2]int // messages since arm, by direction
	at    cut
	cuts  int // how often it cuts yet
	done  int // how often it has cut
}

// cut is a place in the conversation.
type cut struct {
	direction int  // toServer or toClient
	message   int  // counted from 0; what is before it was passed on
	half      bool // half of it was, too
}

const (
	toServer = iota
	toClient
)

// newProxy begins to listen in front of the server of a connection string, and
// returns the string that leads through the proxy.
func newProxy(t testing.TB, server string) (*proxy, string) {
	t.Helper()
	config, err := pgconn.ParseConfig(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{}
	p.network, p.address = pgconn.NetworkAddress(config.Host, config.Port)
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.listener.Close() })
	go p.serve()
	through := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password),
		Host: p.listener.Addr().String(), Path: "/" + config.Database, RawQuery: "sslmode=disable"}
	return p, through.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.address)
		if err != nil {
			client.Close()
			continue
		}
		both := func() { client.Close(); server.Close() }
		go p.pump(toServer, server, client, both)
		go p.pump(toClient, client, server, both)
	}
}

// arm counts messages from now on, and cuts at one of them, times times.
func (p *proxy) arm(at cut, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.count, p.at, p.cuts, p.done = true, [2]int{}, at, times, 0
}

// disarm returns how many messages went each way, and how often the connection
// was cut.
func (p *proxy) disarm() (count [2]int, done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	return p.count, p.done
}

// next returns what to do with a message: pass it on, half of it, or nothing.
func (p *proxy) next(direction int) (pass, half bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed {
		return true, false
	}
	n := p.count[direction]
	p.count[direction]++
	if p.cuts == 0 || p.at.direction != direction || n != p.at.message {
		return true, false
	}
	p.cuts--
	p.done++
	p.count = [2]int{}
	return false, p.at.half
}

// pump passes the messages of one direction on. The client's first has no
// type: https://www.postgresql.org/docs/current/protocol-message-formats.html.
func (p *proxy) pump(direction int, dst, src net.Conn, both func()) {
	defer both()
	header := 4
	if direction == toClient {
		header = 5
	}
	for {
		message := make([]byte, header)
		if _, err := io.ReadFull(src, message); err != nil {
			return
		}
		length := int(binary.BigEndian.Uint32(message[header-4:])) - 4
		body := make([]byte, length)
		if _, err := io.ReadFull(src, body); err != nil {
			return
		}
		message = append(message, body...)
		header = 5
		pass, half := p.next(direction)
		if half {
			message = message[:(len(message)+1)/2]
		}
		if pass || half {
			if _, err := dst.Write(message); err != nil {
				return
			}
		}
		if !pass {
			return
		}
	}
}
