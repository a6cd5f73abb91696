#include "reports/store/sqlite.h"

#include <sqlite3.h>

#include "base/errors.h"

namespace flm {

void SqliteDatabase::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteDatabase::SqliteDatabase(const std::string& path, int busy_milliseconds)
    : path_(path), busy_milliseconds_(busy_milliseconds) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(handle, busy_milliseconds);
  // SQLite opens a file that it may not write for reading only, and says nothing.
  if (sqlite3_db_readonly(handle, "main") == 1) fail(SQLITE_READONLY);
}

void SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

bool SqliteDatabase::try_begin() {
  sqlite3_busy_timeout(handle_.get(), 0);
  const int code = sqlite3_exec(handle_.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  sqlite3_busy_timeout(handle_.get(), busy_milliseconds_);
  if (code != SQLITE_OK && code != SQLITE_BUSY) fail(code);
  return code == SQLITE_OK;
}

void SqliteDatabase::roll_back() noexcept {
  sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::string SqliteDatabase::value(const std::string& sql) {
  SqliteStatement statement(*this, sql);
  return statement.step() ? statement.text() : "";
}

void SqliteDatabase::fail(int code) const {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw UserError(
          "the store is in use by another process; wait for it or give another --store: " + path_);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      throw UserError(
          "the store is not an SQLite database, or a damaged one; give another --store: " + path_);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw UserError("the store cannot be written; give another --store: " + path_);
    case SQLITE_CANTOPEN:
      throw UserError("the store cannot be opened or made there; give another --store: " + path_);
    case SQLITE_FULL:
      throw UserError("no space is left for the store; free some and resume the run: " + path_);
    default:
      throw UserError(std::string("the store failed (") +
                      (handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code)) +
                      "); give another --store: " + path_);
  }
}

SqliteStatement::SqliteStatement(SqliteDatabase& database, const std::string& sql)
    : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) database.fail(code);
}

SqliteStatement& SqliteStatement::bind(std::string_view text) {
  const int code = sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

SqliteStatement& SqliteStatement::bind_blob(std::string_view bytes) {
  const int code =
      sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_.get(), ++bound_, number);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

bool SqliteStatement::step() {
  column_ = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  reset();
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void SqliteStatement::run() {
  while (step()) {
  }
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
}

std::string SqliteStatement::text() {
  const int column = column_++;
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

std::int64_t SqliteStatement::integer() {
  return sqlite3_column_int64(statement_.get(), column_++);
}

}  // namespace flm
