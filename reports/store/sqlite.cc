#include "reports/store/sqlite.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/system/system_error.h"
#include "reports/store/store_error.h"

namespace flm {
namespace {

std::string immutable_uri(const std::string& path) {
  std::string out = "file:";
  for (char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      out += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      out += c;
    }
  }
  return out + "?immutable=1";
}

/// SQLite takes some names for something else than a file: ":memory:", "file:NAME?mode=memory".
std::string name_of_file(const std::string& path, int flags) {
  const bool meant = (flags & (SQLITE_OPEN_URI | SQLITE_OPEN_MEMORY)) != 0;
  return !meant && (path.starts_with(":") || path.starts_with("file:")) ? "./" + path : path;
}

/// A pipe would be waited for, and a device keeps nothing.
void check_is_file(const std::string& path) {
  namespace fs = std::filesystem;
  if (path.empty()) throw UserError("--store wants a file; give its path, or leave it out: \"\"");
  std::error_code error;
  const fs::file_status there = fs::status(path, error);
  if (fs::exists(there) && !fs::is_regular_file(there) && !fs::is_directory(there))
    throw UserError("the store is a file, and this is a pipe or a device; give another --store: " +
                    path);
}

}  // namespace

void SqliteDatabase::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteDatabase::SqliteDatabase(const std::string& path, int busy_milliseconds, SqliteAccess access)
    : path_(path), busy_milliseconds_(busy_milliseconds) {
  const bool reads = access == SqliteAccess::kRead;
  check_is_file(path);
  if (std::error_code error; reads && !std::filesystem::exists(path, error)) {
    if (error) throw system_error("read the store", path, error.value());
    throw UserError("no such store; give --store the file that the run wrote: " + path);
  }
  const int code = open(path, SQLITE_OPEN_READWRITE | (reads ? 0 : SQLITE_OPEN_CREATE));
  // SQLite opens a file that it may not write for reading only, and says nothing.
  writable_ = code == SQLITE_OK && sqlite3_db_readonly(handle_.get(), "main") == 0;
  if (writable_) return;
  if (!reads) fail(code == SQLITE_OK ? SQLITE_READONLY : code);
  open_unwritable();
}

int SqliteDatabase::open(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name_of_file(name, flags).c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  sqlite3_busy_timeout(handle, busy_milliseconds_);
  return code;
}

/// A WAL database needs a shared-memory file beside it even for reading. Where that cannot be made,
/// the file is read as one that nobody changes, which is right as long as no WAL is left to read.
void SqliteDatabase::open_unwritable() {
  const auto readable = [&](int code) {
    return code == SQLITE_OK && sqlite3_exec(handle_.get(), "SELECT count(*) FROM sqlite_schema",
                                             nullptr, nullptr, nullptr) == SQLITE_OK;
  };
  if (readable(open(path_, SQLITE_OPEN_READONLY))) return;
  std::error_code none;
  const std::string wal = path_ + "-wal";
  if (std::filesystem::exists(wal) && std::filesystem::file_size(wal, none) > 0) {
    throw UserError(
        "the store's last changes cannot be read where nothing can be written; copy it and its "
        "-wal file to a folder that can be written: " +
        path_);
  }
  const int code = open(immutable_uri(path_), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (!readable(code)) fail(sqlite3_errcode(handle_.get()));
}

void SqliteDatabase::read_as_empty() {
  const int code = open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY);
  if (code != SQLITE_OK) fail(code);
  writable_ = false;
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

std::int64_t SqliteDatabase::last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

std::string SqliteDatabase::value(const std::string& sql) {
  SqliteStatement statement(*this, sql);
  return statement.step() ? statement.text() : "";
}

/// A fault that ends a transaction is known to the file alone that it befell: the database or its
/// journal.
int SqliteDatabase::system_errno() const {
  if (!handle_) return 0;
  if (const int error = sqlite3_system_errno(handle_.get()); error != 0) return error;
  int error = 0;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_LAST_ERRNO, &error);
  sqlite3_file* journal = nullptr;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal);
  if (error == 0 && journal && journal->pMethods)
    journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

/// Where no file may be made SQLite tries at last to read one, and tells that none is there.
int SqliteDatabase::errno_of_opening() const {
  const int error = system_errno();
  if (error != ENOENT) return error;
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0 ? error : errno;
}

void SqliteDatabase::fail(int code) const {
  if (std::error_code error; std::filesystem::is_directory(path_, error))
    throw UserError("the store is a file, and this is a folder; give another --store: " + path_);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw UserError(
          "the store is in use by another process; wait for it or give another --store: " + path_);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      throw StoreError(
          "the store is not an SQLite database, or a damaged one; give another --store: " + path_);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw StoreError("the store cannot be written; give another --store: " + path_);
    case SQLITE_CANTOPEN:
      if (const int error = errno_of_opening(); error != 0)
        throw UserError("the store cannot be opened or made there: " + path_ + ": " +
                        std::strerror(error) + "; " + remedy_of(error, "--store"));
      throw UserError("the store cannot be opened or made there; give another --store: " + path_);
    case SQLITE_FULL:
      throw StoreError("no space is left for the store; free some and resume the run: " + path_);
    case SQLITE_IOERR:
      if (const int error = system_errno(); error != 0)
        throw StoreError(system_error("use the store", path_, error).what());
      [[fallthrough]];
    default:
      throw StoreError(std::string("the store failed (") +
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

void SqliteStatement::each_row(const std::function<void()>& read) {
  try {
    while (step()) read();
  } catch (...) {
    reset();
    throw;
  }
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
}

bool SqliteStatement::is_blob() const {
  return sqlite3_column_type(statement_.get(), column_) == SQLITE_BLOB;
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
