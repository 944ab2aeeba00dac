CREATE TABLE "region" (
  "subject" TEXT NOT NULL,
  "session" TEXT NOT NULL,
  "struct_name" TEXT NOT NULL,
  "hemi" TEXT NOT NULL DEFAULT 'lh' CHECK (hemi IN ('lh', 'rh')),
  "volume_mm3" REAL CHECK (volume_mm3 >= 0),
  "voxels" INTEGER,
  "when" INTEGER NOT NULL,
  PRIMARY KEY ("subject", "session"),
  UNIQUE ("struct_name", "hemi")
) STRICT;

CREATE INDEX "galley_region_by_subject_idx_2b2671bf521bb45a" ON "region" ("subject", "when");

INSERT INTO "region" ("subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when") VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?);

INSERT INTO "region" ("subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when") VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?) ON CONFLICT ("subject", "session") DO UPDATE SET "struct_name" = excluded."struct_name", "hemi" = excluded."hemi", "volume_mm3" = excluded."volume_mm3", "voxels" = excluded."voxels", "when" = excluded."when" WHERE ("region"."struct_name", "region"."hemi", "region"."volume_mm3", "region"."voxels", "region"."when") IS DISTINCT FROM (excluded."struct_name", excluded."hemi", excluded."volume_mm3", excluded."voxels", excluded."when");

INSERT INTO "region" ("subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when") VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

SELECT "subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when" FROM "region";

SELECT "subject", "session", "struct_name", "hemi", "volume_mm3", "voxels", "when" FROM "region" WHERE 1 = 1;
