package pgcluster

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Join starts three servers and joins them: the first leads to parts of tables
// on all three, which are its foreign servers of these names.
func Join(t testing.TB) (clusters [3]*Cluster, servers []string) {
	t.Helper()
	for i := range clusters {
		clusters[i] = Start(t)
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, clusters[0].URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	statements := []string{"CREATE EXTENSION postgres_fdw", "CREATE EXTENSION dblink"}
	for i := range clusters {
		name := fmt.Sprintf("node %d", i)
		servers = append(servers, name)
		statements = append(statements, fmt.Sprintf(`CREATE SERVER %q FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '5432', dbname 'postgres', batch_size '1000')`,
			name, clusters[i].Dir()), fmt.Sprintf(`CREATE USER MAPPING FOR CURRENT_USER SERVER %q OPTIONS (user 'postgres')`, name))
	}
	for _, statement := range statements {
		if _, err := c.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return clusters, servers
}
