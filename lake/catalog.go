package lake

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/catalog/hadoop"
	"github.com/apache/iceberg-go/catalog/rest"
	sqlcatalog "github.com/apache/iceberg-go/catalog/sql"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"       // the driver pgx
	_ "github.com/ncruces/go-sqlite3/driver" // the driver sqlite3

	"github.com/galley-db/galley/backoff"
)

// Catalog is an Iceberg catalog, with what is needed to write into its warehouse.
type Catalog struct {
	catalog.Catalog
	storage iceberg.Properties // nil where the catalog hands them out
	secrets secrets            // of its name and properties
	db      *sql.DB
}

// OpenCatalog opens a catalog by its name:
//
//   - sqlite:FILE, tables in an SQLite file that is created if it is missing
//   - postgres://…, tables on a PostgreSQL server
//   - rest:URL, a REST catalog; a token is read from ICEBERG_TOKEN
//   - hadoop, no catalog but the warehouse itself, which must be a folder
//
// warehouse is a folder or s3://bucket/prefix. Only a REST catalog may
// have one of its own. Properties are those of iceberg-go, such as s3.endpoint; credentials and
// endpoints that they do not have are found as the tools of AWS find them. No error has
// the password of an address, a secret key or a token in its text.
func OpenCatalog(ctx context.Context, name, warehouse string, properties iceberg.Properties) (*Catalog, error) {
	all := iceberg.Properties{}
	if endpoint := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), os.Getenv("AWS_S3_ENDPOINT")); endpoint != "" {
		all[icebergio.S3EndpointURL] = endpoint
	}
	maps.Copy(all, properties)
	hidden := secretsOf(all, name, warehouse)
	c, err := openCatalog(ctx, name, warehouse, all)
	if err != nil {
		return nil, hidden.hide(err)
	}
	c.secrets = hidden
	return c, nil
}

func openCatalog(ctx context.Context, name, warehouse string, all iceberg.Properties) (*Catalog, error) {
	kind, where, _ := strings.Cut(name, ":")
	if warehouse == "" && kind != "rest" {
		return nil, fmt.Errorf("%w: %s needs a warehouse, a folder or s3://bucket/prefix", ErrCatalog, name)
	}
	warehouse, err := checkWarehouse(warehouse)
	if err != nil {
		return nil, err
	}
	if all["warehouse"] == "" {
		all["warehouse"] = warehouse
	}
	switch {
	case name == "hadoop":
		return openHadoop(warehouse, all)
	case kind == "sqlite" && where != "":
		path, err := filepath.Abs(where)
		if err != nil {
			return nil, err
		}
		// A space or a question mark in the path must not end it.
		path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
		return openSQL(ctx, "sqlite3", "file:"+path+"?_pragma=busy_timeout(60000)&_txlock=immediate", sqlcatalog.SQLite, all)
	case kind == "postgres", kind == "postgresql":
		return openSQL(ctx, "pgx", name, sqlcatalog.Postgres, all)
	case kind == "rest" && where != "":
		return openREST(ctx, where, warehouse, all)
	}
	return nil, fmt.Errorf("%w: %q; write sqlite:FILE, postgres://HOST/DATABASE, rest:URL or hadoop", ErrCatalog, name)
}

// checkWarehouse makes a folder absolute. Other programs read the paths of data files
// as they are, so a folder gets no scheme.
func checkWarehouse(warehouse string) (string, error) {
	scheme, rest, ok := strings.Cut(warehouse, "://")
	switch {
	case ok && scheme == "file":
		return "", fmt.Errorf("%w: %s: write the folder without file://, because programs treat such names differently", ErrCatalog, warehouse)
	case ok && rest == "":
		return "", fmt.Errorf("%w: %s: the bucket is missing", ErrCatalog, warehouse)
	case ok && !slices.Contains([]string{"s3", "s3a", "s3n"}, scheme):
		return "", fmt.Errorf("%w: warehouse %s: write a folder or s3://bucket/prefix", ErrCatalog, warehouse)
	case ok && strings.Contains(rest, "@"):
		return "", fmt.Errorf("%w: warehouse %s: a bucket has no user; credentials are read from the environment, as the tools of AWS do", ErrCatalog, warehouse)
	case ok || warehouse == "":
		return strings.TrimSuffix(warehouse, "/"), nil
	}
	return filepath.Abs(warehouse)
}

func openHadoop(warehouse string, properties iceberg.Properties) (*Catalog, error) {
	if strings.Contains(warehouse, "://") {
		return nil, fmt.Errorf("%w: hadoop needs a folder: object storage does not rename a file in one step; use sqlite:, postgres:// or rest:", ErrCatalog)
	}
	c, err := hadoop.NewCatalog("galley", warehouse, properties)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCatalog, err)
	}
	return &Catalog{Catalog: c, storage: properties}, nil
}

// createdMeanwhile reports whether another process has created the catalog's tables at
// the same time: PostgreSQL's IF NOT EXISTS fails then.
func createdMeanwhile(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (server.Code == "23505" || server.Code == "42P07" || server.Code == "42710")
}

func openSQL(ctx context.Context, driver, dsn string, dialect sqlcatalog.SupportedDialect, properties iceberg.Properties) (*Catalog, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCatalog, err)
	}
	db.SetMaxOpenConns(2)
	var c *sqlcatalog.Catalog
	err = backoff.Exponential{}.Do(ctx, func(context.Context) (err error) {
		c, err = sqlcatalog.NewCatalog("galley", db, dialect, properties)
		return err
	}, createdMeanwhile)
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%w: %w", ErrCatalog, err)
	}
	return &Catalog{Catalog: c, storage: properties, db: db}, nil
}

func openREST(ctx context.Context, url, warehouse string, properties iceberg.Properties) (*Catalog, error) {
	options := []rest.Option{rest.WithAdditionalProps(properties)}
	if warehouse != "" {
		options = append(options, rest.WithWarehouseLocation(warehouse))
	}
	if token := os.Getenv("ICEBERG_TOKEN"); token != "" {
		options = append(options, rest.WithOAuthToken(token))
	}
	c, err := rest.NewCatalog(ctx, "galley", url, options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCatalog, err)
	}
	return &Catalog{Catalog: c}, nil
}

// Close releases the catalog. A second Close does nothing.
func (c *Catalog) Close() error {
	if closer, ok := c.Catalog.(catalog.Closer); ok {
		if err := closer.Close(); err != nil {
			return err
		}
	}
	if c.db != nil {
		return c.db.Close()
	}
	return nil
}
