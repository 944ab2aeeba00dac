package live

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
)

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"size": doctor.Size, "room": func(n uint64) string { return doctor.Size(int64(n)) }, "count": count, "rate": shownRate, "clock": clock, "line": sheet.Printable, "chart": chart,
	"number": number, "boxes": boxPlotOf, "course": coursePlot, "cloud": cloudPlot, "pearson": pearson, "to": link,
}).ParseFS(assets, "assets/*.html"))

// overviewView is what the overview shows.
type overviewView struct {
	*Look
	Title string
	Rows  []tableView
}

type tableView struct {
	Table
	Points []Point
}

func (s *Server) view() overviewView {
	look, _ := s.watch.now()
	v := overviewView{Look: look, Title: look.Name}
	for _, t := range look.Tables {
		v.Rows = append(v.Rows, tableView{t, s.watch.points(t.Name)})
	}
	return v
}

func (s *Server) overview(w http.ResponseWriter, _ *http.Request) { show(w, "overview", s.view()) }

func show(w http.ResponseWriter, name string, v any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}

// table shows the table that ?name= names.
func (s *Server) table(w http.ResponseWriter, r *http.Request) {
	found, err := s.details.of(r.Context(), r.URL.Query().Get("name"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if found == nil {
		http.Error(w, "the table does not exist", http.StatusNotFound)
		return
	}
	body, err := found.Profile.Body("column")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	figures, err := s.details.figures(r.Context(), found.Name, choiceOf(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	look, _ := s.watch.now()
	show(w, "table", struct {
		*Detail
		Figures     *Figures
		Title, File string
		Body        template.HTML
		Points      []Point
	}{found, figures, found.Name, look.Name, body, s.watch.points(found.Name)})
}

// eventTime is how long a page may take to receive an event.
const eventTime = 10 * time.Second

// events sends the changing part of the overview after each look, as server-sent
// events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	to := http.NewResponseController(w)
	for {
		_, changed := s.watch.now()
		var b strings.Builder
		if err := pages.ExecuteTemplate(&b, "live", s.view()); err != nil {
			return
		}
		text, err := json.Marshal(b.String()) // which has no line ends
		if err != nil {
			return
		}
		_ = to.SetWriteDeadline(time.Now().Add(eventTime))
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || to.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.ended:
			return
		}
	}
}
