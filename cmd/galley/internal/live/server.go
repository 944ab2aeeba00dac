package live

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/profile"
)

// Options say how a Source is shown.
type Options struct {
	Every   time.Duration       // between two looks, at least
	Expect  []Key               // the batches that should be stored, none for unknown
	KeyName func(string) string // another name under which a key may be expected; nil for none
	Group   func(string) string // the group of an expected key; nil for no groups
}

//go:embed assets
var assets embed.FS

// Server serves the page of a Source.
type Server struct {
	watch   *watcher
	details *details
	token   string // the first part of each path, "" for none
	local   bool   // only this host can reach it
	ended   <-chan struct{}
}

// Serve serves the page on l until ctx ends, whose error it
// returns. ready is called with the URL of the
// page. If l can be reached from other hosts, the URL holds a secret, without
// which nothing is shown.
func Serve(ctx context.Context, l net.Listener, source Source, opts Options, ready func(url string)) error {
	if opts.KeyName == nil {
		opts.KeyName = func(key string) string { return key }
	}
	s := &Server{
		watch:   &watcher{source: source, opts: opts, look: &Look{Error: "not read yet", Tables: []Table{}, Processes: []Process{}}, history: map[string]*series{}, changed: make(chan struct{})},
		details: &details{source: source, kept: map[asked]*kept{}},
		ended:   ctx.Done(),
	}
	if s.local = loopback(l.Addr()); !s.local {
		s.token = rand.Text()
	}
	s.watch.refresh(ctx) // so that the first page is not empty
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	looking := make(chan struct{})
	looks, stop := context.WithCancel(ctx)
	go func() {
		defer close(looking)
		s.watch.run(looks)
	}()
	drop := context.AfterFunc(ctx, func() { _ = server.Close() })
	ready("http://" + l.Addr().String() + "/" + s.prefix())
	err := server.Serve(l)
	drop()
	stop()
	<-looking
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (s *Server) prefix() string {
	if s.token == "" {
		return ""
	}
	return s.token + "/"
}

// policy lets the page load only its own style sheet and script, and talk only
// to this server.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// handler checks each request before it is answered.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", s.overview)
	mux.HandleFunc("/table", s.table)
	mux.HandleFunc("/events", s.events)
	mux.HandleFunc("/metrics", s.metrics)
	mux.HandleFunc("/api/overview", s.apiOverview)
	mux.HandleFunc("/api/table", s.apiTable)
	mux.HandleFunc("/api/figures", s.apiFigures)
	mux.HandleFunc("/icon.svg", asset("assets/icon.svg", "image/svg+xml", ""))
	mux.HandleFunc("/live.js", asset("assets/live.js", "text/javascript; charset=utf-8", ""))
	mux.HandleFunc("/sort.js", asset("assets/sort.js", "text/javascript; charset=utf-8", ""))
	mux.HandleFunc("/live.css", asset("assets/live.css", "text/css; charset=utf-8", string(profile.Style())))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // the URL may hold the token
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this page is read-only", http.StatusMethodNotAllowed)
			return
		case s.local && !localName(r.Host):
			// A foreign page whose name was pointed at this address must not read it.
			http.Error(w, "open this page by the address 127.0.0.1 or the name localhost", http.StatusForbidden)
			return
		}
		if s.token != "" {
			first, rest, whole := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
			if subtle.ConstantTimeCompare([]byte(first), []byte(s.token)) != 1 {
				http.Error(w, "the URL lacks the token that galley watch printed", http.StatusForbidden)
				return
			}
			if !whole { // the links of the page are relative to the token
				http.Redirect(w, r, "/"+s.prefix(), http.StatusTemporaryRedirect)
				return
			}
			r.URL.Path = "/" + rest
		}
		mux.ServeHTTP(w, r)
	})
}

// localName reports whether the Host of a request names this machine.
func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// asset serves an embedded file after some text.
func asset(name, kind, before string) http.HandlerFunc {
	text, err := assets.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	text = append([]byte(before), text...)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(text)
	}
}
