// SQLite's handles with lifetimes, and its result codes as UserErrors that name the file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace flm {

/// Write: the file is made where it is not there. Read: it must be there, and need not be writable.
enum class SqliteAccess { kWrite, kRead };

/// An open database. Not for several threads at a time.
class SqliteDatabase {
 public:
  /// Another writer is waited for `busy_milliseconds`.
  SqliteDatabase(const std::string& path, int busy_milliseconds, SqliteAccess access);

  /// False where the file, or its file system, is for reading only.
  bool writable() const { return writable_; }
  /// A database in memory stands for the file from here on, which has nothing in it.
  void read_as_empty();

  void execute(const std::string& sql);
  /// Begins a write transaction without waiting; false where another process writes.
  bool try_begin();
  /// Ends a transaction without its writes; what goes wrong meanwhile is told by the error before.
  void roll_back() noexcept;
  /// INTEGER PRIMARY KEY of the row that was inserted last.
  std::int64_t last_id() const;
  /// The first column of the first row as text; "" if there is none.
  std::string value(const std::string& sql);
  /// Throws a UserError that says what SQLite's result code means for this file.
  [[noreturn]] void fail(int code) const;

  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  /// The errno behind the last fault; 0 where SQLite has kept none.
  int system_errno() const;
  int errno_of_opening() const;
  /// SQLite's result code; handle_ is set.
  int open(const std::string& name, int flags);
  void open_unwritable();

  std::string path_;
  int busy_milliseconds_;
  bool writable_ = true;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement, used again and again: bind() in order, then step() or run().
class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, const std::string& sql);

  SqliteStatement& bind(std::string_view text);  // copied: TEXT
  SqliteStatement& bind_blob(std::string_view bytes);
  SqliteStatement& bind(std::int64_t number);

  /// True where a row is at hand. After the last row the statement is ready to be bound again.
  bool step();
  /// Steps to the end.
  void run();
  /// The same, with `read` for each row; what it throws leaves the statement ready to be bound
  /// again.
  void each_row(const std::function<void()>& read);
  /// Ends a read before its last row.
  void reset();

  /// Columns of the row at hand, left to right from the last step. is_blob() asks for the next.
  bool is_blob() const;
  std::string text();
  std::int64_t integer();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  SqliteDatabase& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0, column_ = 0;
};

}  // namespace flm
