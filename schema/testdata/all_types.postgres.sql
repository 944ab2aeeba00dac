CREATE TABLE "all_types" (
  "bool" boolean NOT NULL DEFAULT TRUE,
  "i8" smallint NOT NULL,
  "i16" smallint NOT NULL,
  "i32" integer NOT NULL,
  "i64" bigint NOT NULL DEFAULT -7,
  "u8" smallint NOT NULL,
  "u16" integer NOT NULL,
  "u32" bigint NOT NULL,
  "u64" numeric(20,0) NOT NULL,
  "u_text" text NOT NULL,
  "u_blob" bytea NOT NULL DEFAULT '\x00000000000000ff',
  "f32" real NOT NULL,
  "f64" double precision NOT NULL DEFAULT 1.5,
  "te""xt" text NOT NULL DEFAULT 'it''s',
  "blob" bytea NOT NULL DEFAULT '\x0aff',
  "time" timestamptz NOT NULL DEFAULT '1970-01-01 00:00:01Z',
  "early" timestamptz NOT NULL DEFAULT '1200-02-15 14:13:20Z BC',
  "rfc" text NOT NULL DEFAULT '2026-01-02T03:04:05.500000000Z',
  "dur" bigint NOT NULL,
  "json" jsonb DEFAULT NULL,
  "v32" real[] NOT NULL,
  "v64" double precision[] NOT NULL
);

INSERT INTO "all_types" ("bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22), ($23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44);

INSERT INTO "all_types" ("bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22), ($23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44);

INSERT INTO "all_types" ("bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22), ($23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44) ON CONFLICT DO NOTHING;

SELECT "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64" FROM "all_types";

SELECT "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "u_text", "u_blob", "f32", "f64", "te""xt", "blob", "time", "early", "rfc", "dur", "json", "v32", "v64" FROM "all_types" WHERE 1 = 1;
