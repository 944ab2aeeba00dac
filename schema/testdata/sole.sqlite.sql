CREATE TABLE "sole" (
  "id" INTEGER PRIMARY KEY DESC NOT NULL,
  "name" TEXT NOT NULL
) STRICT;

CREATE INDEX "galley_sole_name_idx_6efceec4305519b8" ON "sole" ("name");

INSERT INTO "sole" ("id", "name") VALUES (?, ?), (?, ?);

INSERT INTO "sole" ("id", "name") VALUES (?, ?), (?, ?) ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name" WHERE ("sole"."name") IS DISTINCT FROM (excluded."name");

INSERT INTO "sole" ("id", "name") VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING;

SELECT "id", "name" FROM "sole";

SELECT "id", "name" FROM "sole" WHERE 1 = 1;
