package live

import (
	"encoding/json"
	"net/http"
)

// apiOverview answers with the last look, and the history of each table.
func (s *Server) apiOverview(w http.ResponseWriter, _ *http.Request) {
	look, _ := s.watch.now()
	history := map[string][]Point{}
	for _, t := range look.Tables {
		history[t.Name] = s.watch.points(t.Name)
	}
	answer(w, struct {
		*Look
		Activity string             `json:"activity"`
		History  map[string][]Point `json:"history"`
	}{look, look.Activity(), history})
}

// apiTable answers with the description of the table that ?name= names.
func (s *Server) apiTable(w http.ResponseWriter, r *http.Request) {
	found, err := s.details.of(r.Context(), r.URL.Query().Get("name"))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case found == nil:
		http.Error(w, "the table does not exist", http.StatusNotFound)
	default:
		answer(w, found)
	}
}

// apiFigures answers with the comparisons that ?of=, by=, over= and with= choose.
func (s *Server) apiFigures(w http.ResponseWriter, r *http.Request) {
	found, err := s.details.figures(r.Context(), r.URL.Query().Get("name"), choiceOf(r))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case found == nil:
		http.Error(w, "the table does not exist, or has no numbers", http.StatusNotFound)
	default:
		answer(w, found)
	}
}

func choiceOf(r *http.Request) Choice {
	q := r.URL.Query()
	return Choice{Of: q.Get("of"), By: q.Get("by"), Over: q.Get("over"), With: q.Get("with")}
}

func answer(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n'))
}
