CREATE TABLE "sole" (
  "id" bigint NOT NULL,
  "name" text NOT NULL,
  PRIMARY KEY ("id")
);

CREATE INDEX "galley_sole_name_idx_6efceec4305519b8" ON "sole" ("name");

INSERT INTO "sole" ("id", "name") VALUES ($1, $2), ($3, $4);

INSERT INTO "sole" ("id", "name") VALUES ($1, $2), ($3, $4) ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name" WHERE ("sole"."name") IS DISTINCT FROM (excluded."name");

INSERT INTO "sole" ("id", "name") VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING;

SELECT "id", "name" FROM "sole";

SELECT "id", "name" FROM "sole" WHERE 1 = 1;
