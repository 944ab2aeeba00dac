package freesurfer

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// readCurvature reads curv.stats, which mris_curvature_stats writes: blocks of
// lines "LABEL: VALUE", each about one surface and one kind of curvature.
//
//	Raw <mean> +- <std> (using 'lh.curv'):     -0.04740 +- 0.1942
//	       Raw Min:                            -2.23895 at vertex 109493
//	       Raw Total Surface Area:          97053.15625 mm^2
//
// These are the fields "curv Raw mean", "curv Raw std", "curv Raw Min" and
// "curv Raw Total Surface Area". A share of the surface ("across …") and a
// vertex's number are left out. The program appends to the file: if it ran
// again, the last run counts.
func readCurvature(in *lines, s *Session, name string) ([]Measure, error) {
	var rows []Measure
	seen := map[string]int{} // field to its line
	add := func(field, value, unit string) error {
		if first, twice := seen[field]; twice {
			return in.fail("the measure "+field+" again", fmt.Sprintf("only that in line %d", first))
		}
		seen[field] = in.n
		v, err := number(value)
		if err != nil {
			return in.fail(fmt.Sprintf("%q as the value of %s", value, field), "a finite number")
		}
		rows = append(rows, Measure{Subject: s.Subject, Session: s.Name, Source: name, Field: field, Value: v, Unit: unit})
		return nil
	}
	surface, first := "", "" // first is the block that a run begins with
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		colon := strings.LastIndexByte(line, ':')
		if colon < 0 {
			return nil, in.fail(fmt.Sprintf("%.40q", line), "LABEL: VALUE")
		}
		label := strings.Join(strings.Fields(line[:colon]), " ")
		values := strings.Fields(line[colon+1:])
		if strings.HasSuffix(strings.ToLower(label), "calculation type") {
			continue
		}
		if len(values) == 0 {
			return nil, in.fail("no value", "LABEL: VALUE")
		}
		mean, std := "", " std"
		if kind, using, ok := strings.Cut(label, " <mean> +- <std> (using '"); ok {
			if first == "" {
				first = label
			} else if label == first {
				rows, seen = nil, map[string]int{}
			}
			_, surface = atlasOf(strings.TrimSuffix(using, "')") + suffix)
			label, mean = kind, " mean"
		}
		field := strings.TrimSpace(surface + " " + label)
		if rest, ok := strings.CutPrefix(label, "curv -- "); ok {
			field = "curv " + rest
		} else if strings.HasPrefix(label, "Mean across ") {
			field, mean = label, ""
		}
		if err := add(field+mean, values[0], unitOf(values[1:])); err != nil {
			return nil, err
		}
		if len(values) > 2 && values[1] == "+-" {
			if err := add(field+std, values[2], unitOf(values[3:])); err != nil {
				return nil, err
			}
		}
	}
	if len(rows) == 0 {
		return nil, &ParseError{File: in.file, Got: "no values", Want: "curvature statistics"}
	}
	return rows, nil
}

// unitOf returns the unit among the words after a value.
func unitOf(words []string) string {
	if len(words) > 1 && words[0] == "+-" {
		words = words[2:]
	}
	if len(words) != 1 {
		return "unitless"
	}
	return words[0]
}
