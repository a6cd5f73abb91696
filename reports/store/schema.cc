#include "reports/store/schema.h"

#include "base/errors.h"

namespace flm {
namespace {

constexpr int kSchemaVersion = 4;

// The long texts of a sample come last: SQLite then reads what aggregation needs without touching
// their overflow pages.
constexpr const char* kTables = R"sql(
CREATE TABLE runs (
  id TEXT PRIMARY KEY, name TEXT, created TEXT, status TEXT, model TEXT, options TEXT,
  fingerprint TEXT, weights_hash TEXT, tokenizer_hash TEXT, protocol_hash TEXT, numerics TEXT,
  numerics_hash TEXT, engine TEXT, environment TEXT, cost TEXT, groups TEXT);
CREATE INDEX runs_by_fingerprint ON runs (fingerprint);
CREATE TABLE tasks (
  run TEXT, task TEXT, position INTEGER, alias TEXT, version TEXT, config TEXT, output_type TEXT,
  num_fewshot INTEGER, docs_total INTEGER, docs_chosen INTEGER, data_hash TEXT, spec_hash TEXT,
  prompts_hash TEXT, builtin_sample INTEGER, metrics TEXT,
  PRIMARY KEY (run, task)) WITHOUT ROWID;
CREATE TABLE samples (
  run TEXT, task TEXT, filter_index INTEGER, doc_id INTEGER, filter TEXT, status TEXT,
  message TEXT, doc_hash TEXT, prompt_hash TEXT, target_hash TEXT, cluster TEXT, "values" TEXT,
  target TEXT, doc TEXT, arguments TEXT, resps TEXT, filtered TEXT,
  PRIMARY KEY (run, task, filter_index, doc_id));
CREATE TABLE responses (key TEXT PRIMARY KEY, bytes BLOB) WITHOUT ROWID;
)sql";

// Since version 2. A store of version 1 that is written gets it; one that is only read has no
// points.
constexpr const char* kPointsTable = R"sql(
CREATE TABLE IF NOT EXISTS points (
  series TEXT, checkpoint TEXT, path TEXT, layout TEXT, step INTEGER, tokens TEXT,
  tokens_source TEXT, flops TEXT, flops_source TEXT, state TEXT, reason TEXT, run TEXT,
  weights_hash TEXT, written TEXT, noted TEXT, tries INTEGER,
  PRIMARY KEY (series, path, run)) WITHOUT ROWID;
)sql";

// Since version 3.
constexpr const char* kHeartbeatsTable = R"sql(
CREATE TABLE IF NOT EXISTS heartbeats (
  run TEXT PRIMARY KEY, at TEXT, what TEXT, done INTEGER, total INTEGER) WITHOUT ROWID;
)sql";

// Since version 4: the pieces of long texts of samples (texts_table.h), found by a part of their
// SHA-256.
constexpr const char* kTextsTable = R"sql(
CREATE TABLE IF NOT EXISTS texts (id INTEGER PRIMARY KEY, hash INTEGER, text TEXT);
CREATE INDEX IF NOT EXISTS texts_by_hash ON texts (hash);
)sql";

/// The schema's version in the file; UserError for a newer one.
int stored_version(SqliteDatabase& database) {
  const int version = std::stoi(database.value("PRAGMA user_version"));
  if (version > kSchemaVersion) {
    throw UserError("the store was written by a newer flmeval (schema " + std::to_string(version) +
                    ", this one reads " + std::to_string(kSchemaVersion) +
                    "); update flmeval or give another --store: " + database.path());
  }
  return version;
}

bool has_tables(SqliteDatabase& database) {
  return database.value("SELECT count(*) FROM sqlite_schema") != "0";
}

}  // namespace

void check_schema(SqliteDatabase& database) {
  if (stored_version(database) >= 1) return;
  if (has_tables(database))
    throw UserError("the file is no store of flmeval runs; give another --store: " +
                    database.path());
  database.read_as_empty();
  prepare_schema(database);
}

void prepare_schema(SqliteDatabase& database) {
  if (stored_version(database) == kSchemaVersion) return;
  database.execute("BEGIN IMMEDIATE");
  const int version = stored_version(database);  // another process may have been first
  if (version == 0) {
    if (has_tables(database)) {
      throw UserError("the file is a database of another program; give another --store: " +
                      database.path());
    }
    database.execute(kTables);
  }
  if (version < kSchemaVersion) {
    database.execute(kPointsTable);
    database.execute(kHeartbeatsTable);
    database.execute(kTextsTable);
    database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  }
  database.execute("COMMIT");
}

}  // namespace flm
