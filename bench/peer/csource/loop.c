/*
 * A plain C program on SQLite: a prepared INSERT of `per` rows, bound and
 * stepped, one transaction a batch; what is left of a batch goes row by row.
 * Rows come from a source database and are put into memory while the clock
 * stands still.
 *
 * Arguments: per task path source types batch workers sum insert select names
 * pragmas setup... Prints nanoseconds, rows and the sum of column `sum`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "sqlite3-binding.h"

typedef struct {
	union {
		double real;
		sqlite3_int64 integer;
		char *text;
	};
	int length;
} cell;

static sqlite3 *db;

static void check(sqlite3 *on, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
		fprintf(stderr, "sqlite: %d: %s\n", rc, sqlite3_errmsg(on));
		exit(1);
	}
}

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static sqlite3_stmt *prepare(sqlite3 *on, const char *sql)
{
	sqlite3_stmt *stmt;
	check(on, sqlite3_prepare_v3(on, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, 0));
	return stmt;
}

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p && size) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

/* load reads up to `batch` rows into cells; texts keep their own memory. */
static int load(sqlite3 *on, sqlite3_stmt *from, const char *types, int columns, int batch, cell *cells)
{
	int n = 0;
	while (n < batch) {
		int rc = sqlite3_step(from);
		check(on, rc);
		if (rc == SQLITE_DONE)
			break;
		for (int i = 0; i < columns; i++) {
			cell *c = &cells[(size_t)n * columns + i];
			switch (types[i]) {
			case 't': {
				const void *text = sqlite3_column_text(from, i);
				int length = sqlite3_column_bytes(from, i);
				if (length > c->length || !c->text)
					c->text = grow(c->text, length + 1);
				memcpy(c->text, text, length);
				c->length = length;
				break;
			}
			case 'r':
				c->real = sqlite3_column_double(from, i);
				break;
			default:
				c->integer = sqlite3_column_int64(from, i);
			}
		}
		n++;
	}
	return n;
}

/* repeated is the INSERT with the parentheses behind VALUES `per` times. */
static char *repeated(const char *insert, int per)
{
	const char *values = strstr(insert, "VALUES ") + strlen("VALUES ");
	size_t head = values - insert, row = strlen(values);
	char *sql = grow(0, head + per * (row + 1) + 1);
	char *end = sql + head;
	memcpy(sql, insert, head);
	for (int i = 0; i < per; i++) {
		if (i)
			*end++ = ',';
		memcpy(end, values, row);
		end += row;
	}
	*end = 0;
	return sql;
}

/* store binds and steps `rows` rows, which are what the statement takes. */
static const cell *store(sqlite3_stmt *put, const char *types, int columns, int rows, const cell *c)
{
	int at = 0;
	for (int r = 0; r < rows; r++) {
		for (int i = 0; i < columns; i++, c++) {
			int rc;
			if (types[i] == 't')
				rc = sqlite3_bind_text(put, ++at, c->text, c->length, SQLITE_STATIC);
			else if (types[i] == 'r')
				rc = sqlite3_bind_double(put, ++at, c->real);
			else
				rc = sqlite3_bind_int64(put, ++at, c->integer);
			check(db, rc);
		}
	}
	check(db, sqlite3_step(put));
	check(db, sqlite3_reset(put));
	return c;
}

static void bulk(int per, const char *source, const char *types, int batch, const char *insert, const char *select)
{
	int columns = (int)strlen(types);
	cell *cells = calloc((size_t)batch * columns, sizeof(cell));
	sqlite3 *in;
	if (!cells)
		exit(1);
	check(in, sqlite3_open_v2(source, &in, SQLITE_OPEN_READONLY, 0));
	sqlite3_stmt *from = prepare(in, select);
	long long spent = 0, start = now();
	sqlite3_stmt *put = prepare(db, insert);
	char *many = repeated(insert, per);
	sqlite3_stmt *putMany = prepare(db, many);
	sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE");
	sqlite3_stmt *commit = prepare(db, "COMMIT");
	spent += now() - start;

	long long rows = 0;
	int n;
	while ((n = load(in, from, types, columns, batch, cells)) > 0) {
		start = now();
		check(db, sqlite3_step(begin));
		sqlite3_reset(begin);
		const cell *c = cells;
		int r = 0;
		for (; per > 1 && r + per <= n; r += per)
			c = store(putMany, types, columns, per, c);
		for (; r < n; r++)
			c = store(put, types, columns, 1, c);
		check(db, sqlite3_step(commit));
		sqlite3_reset(commit);
		spent += now() - start;
		rows += n;
		if (n < batch) /* a step behind the last row would begin again */
			break;
	}
	start = now();
	sqlite3_finalize(put);
	sqlite3_finalize(putMany);
	sqlite3_finalize(begin);
	sqlite3_finalize(commit);
	check(db, sqlite3_close(db));
	spent += now() - start;
	sqlite3_finalize(from);
	sqlite3_close(in);
	printf("%lld %lld 0\n", spent, rows);
}

/* read_rows copies every row into a struct that the caller would keep. */
static void read_rows(const char *types, int sum, const char *select)
{
	int columns = (int)strlen(types);
	static cell cells[64];
	static char texts[64][256];
	long long start = now(), rows = 0;
	double total = 0;
	sqlite3_stmt *from = prepare(db, select);
	int rc;
	while ((rc = sqlite3_step(from)) == SQLITE_ROW) {
		for (int i = 0; i < columns; i++) {
			if (types[i] == 't') {
				const void *text = sqlite3_column_text(from, i);
				int length = sqlite3_column_bytes(from, i);
				if (length > 255)
					length = 255;
				memcpy(texts[i], text, length);
				texts[i][length] = 0;
				cells[i].text = texts[i];
				cells[i].length = length;
			} else if (types[i] == 'r') {
				cells[i].real = sqlite3_column_double(from, i);
			} else {
				cells[i].integer = sqlite3_column_int64(from, i);
			}
		}
		total += (double)cells[sum].integer;
		rows++;
	}
	check(db, rc);
	sqlite3_finalize(from);
	printf("%lld %lld %.0f\n", now() - start, rows, total);
	check(db, sqlite3_close(db));
}

/* merge moves the rows of each file in a list, a path a line, as whole cells. */
static void merge(const char *list)
{
	char path[4096];
	long long start = now();
	FILE *f = fopen(list, "r");
	if (!f) {
		perror(list);
		exit(1);
	}
	while (fgets(path, sizeof path, f)) {
		path[strcspn(path, "\n")] = 0;
		sqlite3_stmt *attach = prepare(db, "ATTACH ? AS source");
		check(db, sqlite3_bind_text(attach, 1, path, -1, SQLITE_STATIC));
		check(db, sqlite3_step(attach));
		sqlite3_finalize(attach);
		check(db, sqlite3_exec(db, "INSERT INTO main.samples SELECT * FROM source.samples", 0, 0, 0));
		check(db, sqlite3_exec(db, "DETACH source", 0, 0, 0));
	}
	fclose(f);
	check(db, sqlite3_close(db));
	printf("%lld 0 0\n", now() - start);
}

int main(int argc, char **argv)
{
	if (argc < 13) {
		fprintf(stderr, "usage: loop per task path source types batch workers sum insert select names pragmas setup...\n");
		return 2;
	}
	int per = atoi(argv[1]);
	argc--, argv++;
	check(db, sqlite3_open(argv[2], &db));
	for (int i = 12; i < argc; i++) {
		char *message = 0;
		if (sqlite3_exec(db, argv[i], 0, 0, &message) != SQLITE_OK) {
			fprintf(stderr, "%s: %s\n", argv[i], message);
			return 1;
		}
	}
	if (!strcmp(argv[1], "read"))
		read_rows(argv[4], atoi(argv[7]), argv[9]);
	else if (!strcmp(argv[1], "merge"))
		merge(argv[3]);
	else
		bulk(per, argv[3], argv[4], atoi(argv[5]), argv[8], argv[9]);
	return 0;
}
