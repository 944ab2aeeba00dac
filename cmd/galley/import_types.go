package main

import (
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// pairs reads A=B,...
func pairs(list []string) (map[string]string, error) {
	all := map[string]string{}
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("%q: want NAME=VALUE", item)
		}
		all[name] = value
	}
	return all, nil
}

// columnTypes reads COLUMN=TYPE,... where a type is one of schema's, and a time
// may have its unit behind a colon.
func columnTypes(list []string) (map[string]schema.Column, error) {
	named, err := pairs(list)
	if err != nil {
		return nil, err
	}
	all := map[string]schema.Column{}
	for name, text := range named {
		kind, unit, _ := strings.Cut(text, ":")
		spec := kind
		switch {
		case kind == "time" && unit == "":
			spec = "time us"
		case kind == "time":
			spec = "time " + unit
		case kind == "float32" || kind == "float64":
			spec += " null nan=null"
		case kind == "uint64":
			spec += " uint=text"
		}
		c, err := schema.ParseSpec(name, spec)
		if err != nil || unit != "" && kind != "time" {
			return nil, fmt.Errorf("%s=%s: the type is one of bool, int8 to int64, uint8 to uint64, float32, float64, text, json, blob, duration, vector32, vector64, time, time:s, time:ms, time:us, time:ns and time:rfc3339", name, text)
		}
		all[strings.ToLower(name)] = c
	}
	return all, nil
}
