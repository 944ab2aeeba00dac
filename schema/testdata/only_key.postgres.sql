CREATE TABLE "only_key" (
  "a" text NOT NULL,
  "b" text NOT NULL,
  PRIMARY KEY ("a", "b")
);

INSERT INTO "only_key" ("a", "b") VALUES ($1, $2), ($3, $4);

INSERT INTO "only_key" ("a", "b") VALUES ($1, $2), ($3, $4) ON CONFLICT ("a", "b") DO NOTHING;

INSERT INTO "only_key" ("a", "b") VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING;

SELECT "a", "b" FROM "only_key";

SELECT "a", "b" FROM "only_key" WHERE 1 = 1;
