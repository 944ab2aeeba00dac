CREATE TABLE "all_types" (
  "bool" INTEGER NOT NULL DEFAULT 1,
  "i8" INTEGER NOT NULL,
  "i16" INTEGER NOT NULL,
  "i32" INTEGER NOT NULL,
  "i64" INTEGER NOT NULL DEFAULT -7,
  "u8" INTEGER NOT NULL,
  "u16" INTEGER NOT NULL,
  "u32" INTEGER NOT NULL,
  "u64" INTEGER NOT NULL,
  "u_text" TEXT NOT NULL,
  "u_blob" BLOB NOT NULL DEFAULT X'00000000000000fF',
  "f32" REAL NOT NULL,
  "f64" REAL NOT NULL DEFAULT 1.5,
  "te""xt" TEXT NOT NULL DEFAULT 'it''s',
  "blob" BLOB NOT NULL DEFAULT x'0aFF',
  "time" INTEGER NOT NULL DEFAULT 1000000,
  "early" INTEGER NOT NULL DEFAULT -100000000000,
  "rfc" TEXT NOT NULL DEFAULT '2026-01-02T03:04:05.500000000Z',
  "dur" INTEGER NOT NULL,
  "json" TEXT DEFAULT NULL,
  "v32" BLOB NOT NULL,
  "v64" BLOB NOT NULL
) STRICT;

INSERT INTO "all_types" ("bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

INSERT INTO "all_types" ("bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

INSERT INTO "all_types" ("bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

SELECT "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64" FROM "all_types";

SELECT "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64" FROM "all_types" WHERE 1 = 1;
