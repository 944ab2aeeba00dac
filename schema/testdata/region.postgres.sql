CREATE TABLE "region" (
  "subject" text NOT NULL,
  "session" text NOT NULL,
  "struct_name" text NOT NULL,
  "hemi" text NOT NULL DEFAULT 'lh' CHECK (hemi IN ('lh', 'rh')),
  "volume_mm3" double precision CHECK (volume_mm3 >= 0),
  "voxels" integer,
  "when" timestamptz NOT NULL,
  PRIMARY KEY ("subject", "session"),
  UNIQUE ("struct_name", "hemi")
);

CREATE INDEX "galley_region_by_subject_idx_2b2671bf521bb45a" ON "region" ("subject", "when");

INSERT INTO "region" ("subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when") VALUES ($1, $2, $3, $4, $5, $6, $7), ($8, $9, $10, $11, $12, $13, $14);

INSERT INTO "region" ("subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when") VALUES ($1, $2, $3, $4, $5, $6, $7), ($8, $9, $10, $11, $12, $13, $14) ON CONFLICT ("subject", "session") DO UPDATE SET "struct_name" = excluded."struct_name", "hemi" = excluded."hemi", "volume_mm3" = excluded."volume_mm3", "voxels" = excluded."voxels", "when" = excluded."when" WHERE ("region"."struct_name", "region"."hemi", "region"."volume_mm3", "region"."voxels", "region"."when") IS DISTINCT FROM (excluded."struct_name", excluded."hemi", excluded."volume_mm3", excluded."voxels", excluded."when");

INSERT INTO "region" ("subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when") VALUES ($1, $2, $3, $4, $5, $6, $7), ($8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING;

SELECT "subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when" FROM "region";

SELECT "subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when" FROM "region" WHERE 1 = 1;
