package lake

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"
)

// secrets are texts that no message may have: passwords, keys and tokens. Errors of
// other packages can quote an address with its password, and a server can send back
// what it was sent.
type secrets []string

// secretProperties are the properties of a catalog whose values are secrets.
var secretProperties = []string{icebergio.S3SecretAccessKey, icebergio.S3SessionToken, "token", "credential"}

// secretVariables are the variables of the environment whose values are secrets.
var secretVariables = []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ICEBERG_TOKEN", "PGPASSWORD"}

// secretParameter finds the value of a parameter in an address, as ?password=… or in
// the form of PostgreSQL, password='…'.
var secretParameter = regexp.MustCompile(`(?i)(?:password|passwd|token|secret|credential)[a-z_-]*\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s&]+))`)

// secretsOf returns the secrets of the environment, of these properties, and in these
// addresses.
func secretsOf(properties iceberg.Properties, addresses ...string) (all secrets) {
	for _, name := range secretVariables {
		all = append(all, os.Getenv(name))
	}
	for _, name := range secretProperties {
		all = append(all, properties[name])
	}
	for _, name := range []string{icebergio.S3EndpointURL, icebergio.S3ProxyURI} {
		addresses = append(addresses, properties[name])
	}
	for _, address := range addresses {
		// An address with a special character in its password is not one that can be
		// parsed, and still has the password.
		rest := address
		if _, after, ok := strings.Cut(address, "://"); ok {
			rest = after
		}
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			if _, password, ok := strings.Cut(rest[:at], ":"); ok {
				all = append(all, password)
				for _, part := range strings.FieldsFunc(password, func(r rune) bool { return strings.ContainsRune("@/?#", r) }) {
					if len(part) >= 4 { // an address that is cut at such a character shows a part
						all = append(all, part)
					}
				}
			}
		}
		for _, m := range secretParameter.FindAllStringSubmatch(address, -1) {
			all = append(all, m[1], m[2])
		}
	}
	for _, s := range slices.Clone(all) { // as other packages write them
		plain, err := url.PathUnescape(s)
		if err == nil {
			all = append(all, plain, url.QueryEscape(plain), url.PathEscape(plain), url.UserPassword("", plain).String()[1:])
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	// One secret may be a part of another, which then must be found first.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// hide returns err with a text that has no secret.
func (s secrets) hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	hidden := text
	for _, secret := range s {
		hidden = strings.ReplaceAll(hidden, secret, "xxxxx")
	}
	if hidden == text {
		return err
	}
	return &hiddenError{hidden, err}
}

// hiddenError is an error whose own text has a secret.
type hiddenError struct {
	text string
	err  error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }
