CREATE TABLE "only_key" (
  "a" TEXT NOT NULL,
  "b" TEXT NOT NULL,
  PRIMARY KEY ("a", "b")
) STRICT;

INSERT INTO "only_key" ("a", "b") VALUES (?, ?), (?, ?);

INSERT INTO "only_key" ("a", "b") VALUES (?, ?), (?, ?) ON CONFLICT ("a", "b") DO NOTHING;

INSERT INTO "only_key" ("a", "b") VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING;

SELECT "a", "b" FROM "only_key";

SELECT "a", "b" FROM "only_key" WHERE 1 = 1;
