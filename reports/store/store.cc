#include "reports/store/store.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "base/text/joined.h"
#include "reports/store/file_system.h"
#include "reports/store/heartbeats_table.h"
#include "reports/store/points_table.h"
#include "reports/store/record_rows.h"
#include "reports/store/run_parts.h"
#include "reports/store/schema.h"
#include "reports/store/series_step.h"
#include "reports/store/sqlite.h"
#include "reports/store/store_error.h"
#include "reports/store/stored_json.h"
#include "reports/store/texts_table.h"

namespace flm {
namespace {

constexpr int kBusyMilliseconds = 60'000;  // twice the expected work between two commits
constexpr std::size_t kListedRuns = 8;

std::string select(const std::string& columns, const std::string& rest) {
  return "SELECT " + columns + " FROM " + rest;
}

/// "?,?,..." for an insert of `columns` (a list with commas) and `more` further ones.
std::string marks(const std::string& columns, int more) {
  const auto count = std::count(columns.begin(), columns.end(), ',') + 1 + more;
  std::string out = "?";
  for (std::ptrdiff_t i = 1; i < count; ++i) out += ",?";
  return out;
}

/// "a = excluded.a, b = excluded.b": an update of the row that is there keeps its age.
std::string assignments(const std::string& columns) {
  std::string out;
  for (std::size_t at = 0; at < columns.size();) {
    const std::size_t end = std::min(columns.find(", ", at), columns.size());
    const std::string name = columns.substr(at, end - at);
    out += (out.empty() ? "" : ", ") + name + " = excluded." + name;
    at = end + 2;
  }
  return out;
}

std::string described(const RunRecord& run) {
  return run.id + (run.name.empty() ? "" : " (" + run.name + ")");
}

std::string listed(const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) names.push_back(described(run));
  return first_few(names, kListedRuns);
}

/// SERIES@STEP of a series, NAME@MODEL of several models: the names that begin so, the newest
/// first.
std::vector<std::string> names_below(const std::string& name, const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs)
    if (run.name.starts_with(name + "@") &&
        std::find(names.begin(), names.end(), run.name) == names.end())
      names.push_back(run.name);
  return names;
}

/// WAL needs shared memory, which some file systems lack, and hosts that share one do not have:
/// then the rollback journal serves.
void settle_journal(SqliteDatabase& database, const std::string& path) {
  if (may_be_of_a_network(file_system_type(path))) {
    database.value("PRAGMA journal_mode = DELETE");
  } else {
    try {
      database.value("PRAGMA journal_mode = WAL");
    } catch (const UserError&) {
      database.value("PRAGMA journal_mode = DELETE");  // throws what is really wrong
    }
  }
  // What commit() returned for is on the disk, also after a loss of power.
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA temp_store = MEMORY");
}

/// Device and inode of the file that a path names; nothing where none is there.
std::optional<std::pair<dev_t, ino_t>> file_at(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0) return std::nullopt;
  return std::pair(about.st_dev, about.st_ino);
}

class SqliteStore final : public Store {
 public:
  SqliteStore(const std::string& path, SqliteAccess access)
      : database_(path, kBusyMilliseconds, access) {
    if (access == SqliteAccess::kWrite) {
      settle_journal(database_, path);
      prepare_schema(database_);
      file_ = file_at(path);
    } else {
      check_schema(database_);
    }
    const std::string runs = kRunColumns, tasks = kTaskColumns, values = kValueColumns;
    const auto prepare = [&](const std::string& sql) { return SqliteStatement(database_, sql); };
    statements_ = std::make_unique<Statements>(Statements{
        prepare("INSERT INTO runs (" + runs + ") VALUES (" + marks(runs, 0) +
                ") ON CONFLICT DO UPDATE SET " + assignments(runs)),
        prepare("INSERT OR REPLACE INTO tasks (run, position, " + tasks + ") VALUES (" +
                marks(tasks, 2) + ")"),
        prepare("INSERT OR REPLACE INTO samples (run, " + values + kTextColumns + ") VALUES (" +
                marks(values + kTextColumns, 1) + ")"),
        prepare("INSERT OR REPLACE INTO responses (key, bytes) VALUES (?, ?)"),
        prepare("SELECT bytes FROM responses WHERE key = ?"),
        prepare(select(runs, "runs ORDER BY created DESC, rowid DESC")),
        prepare(select(runs, "runs WHERE id = ?")),
        prepare(select(runs, "runs WHERE fingerprint = ? ORDER BY created DESC, rowid DESC")),
        prepare(select(tasks, "tasks WHERE run = ? ORDER BY position, task")),
        prepare(select(values + kTextColumns,
                       "samples WHERE run = ? AND task = ? ORDER BY filter_index, doc_id")),
        prepare(select(values, "samples WHERE run = ? AND task = ? ORDER BY filter_index, doc_id")),
        prepare(select(values + kAnswerColumns,
                       "samples WHERE run = ? AND task = ? ORDER BY filter_index, doc_id")),
    });
  }

  const std::string& path() const override { return database_.path(); }

  void begin_run(const RunRecord& run) override { update_run(run); }

  void update_run(const RunRecord& run) override {
    waiting_.push_back([this, run](TextsWriter&) { write(run); });
  }
  bool claim_run(const RunRecord& run, const std::function<bool()>& is_free) override {
    bool claimed = false;
    in_transaction([&] {
      claimed = is_free();
      if (claimed) write(run);
    });
    return claimed;
  }
  void put_task(const std::string& run, int position, const TaskRecord& task) override {
    waiting_.push_back([this, run, position, task](TextsWriter&) { write(run, position, task); });
  }
  void put_sample(const std::string& run, const SampleRecord& sample) override {
    waiting_.push_back([this, run, sample](TextsWriter& texts) { write(run, sample, texts); });
  }
  void put_point(const PointRecord& point) override {
    waiting_.push_back([this, point](TextsWriter&) { write_point(database_, point); });
  }
  void put_response(const std::string& key, const std::string& bytes) override {
    responses_[key] = bytes;
  }

  void commit() override {
    if (waiting_.empty() && responses_.empty()) return;
    check_place();
    in_transaction([&] {
      TextsWriter texts(database_);
      for (const auto& write_one : waiting_) write_one(texts);
      for (const auto& [key, bytes] : responses_) write(key, bytes);
    });
    waiting_.clear();
    responses_.clear();
  }

  void discard_run(const std::string& id) override {
    waiting_.clear();
    responses_.clear();
    in_transaction([&] {
      for (const char* sql :
           {"DELETE FROM samples WHERE run = ?", "DELETE FROM tasks WHERE run = ?",
            "DELETE FROM points WHERE run = ?", "DELETE FROM heartbeats WHERE run = ?",
            "DELETE FROM runs WHERE id = ?"})
        SqliteStatement(database_, sql).bind(id).run();
    });
  }

  std::optional<std::string> response(const std::string& key) override {
    if (const auto put = responses_.find(key); put != responses_.end()) return put->second;
    SqliteStatement& get = statements_->response.bind(key);
    if (!get.step()) return std::nullopt;
    std::string bytes = get.text();
    get.reset();
    return bytes;
  }

  void remember(const std::string& key, const std::string& bytes) override {
    if_nobody_writes([&] { write(key, bytes); });
  }

  void put_heartbeat(const HeartbeatRecord& heartbeat) override {
    if_nobody_writes([&] { write_heartbeat(database_, heartbeat); });
  }
  std::optional<HeartbeatRecord> heartbeat(const std::string& run) override {
    return read_heartbeat(database_, run);
  }

  RunRecord find_run(const std::string& selector) override {
    RunRecord run = found_run(selector);
    check_run_texts(run);
    return run;
  }

  std::vector<RunRecord> runs() override { return read_runs(statements_->runs); }

  std::optional<RunRecord> run(const std::string& id) override {
    std::vector<RunRecord> found = read_runs(statements_->run.bind(id));
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
  }

  std::vector<RunRecord> runs_of(const std::string& fingerprint) override {
    return read_runs(statements_->runs_of.bind(fingerprint));
  }

  std::vector<TaskRecord> tasks(const std::string& run) override {
    std::vector<TaskRecord> out;
    statements_->tasks.bind(run);
    const std::string place = place_of_run(run, path());
    statements_->tasks.each_row([&] { out.push_back(read_task(statements_->tasks, place)); });
    return out;
  }

  std::vector<PointRecord> points(const std::string& series) override {
    return read_points(database_, series);
  }

  std::vector<SampleRecord> samples(const std::string& run, const std::string& task) override {
    return read_samples(
        statements_->samples, run, task,
        {&SampleRecord::target, &SampleRecord::doc_json, &SampleRecord::arguments_json,
         &SampleRecord::resps_json, &SampleRecord::filtered_json});
  }

  std::vector<SampleRecord> sample_values(const std::string& run,
                                          const std::string& task) override {
    return read_samples(statements_->values, run, task, {});
  }

  std::vector<SampleRecord> sample_answers(const std::string& run,
                                           const std::string& task) override {
    return read_samples(statements_->answers, run, task,
                        {&SampleRecord::target, &SampleRecord::resps_json});
  }

 private:
  struct Statements {
    SqliteStatement put_run, put_task, put_sample, put_response;
    SqliteStatement response, runs, run, runs_of, tasks, samples, values, answers;
  };

  RunRecord found_run(const std::string& selector) {
    if (std::optional<RunRecord> exact = run(selector)) return *std::move(exact);
    const std::vector<RunRecord> all = runs();
    const std::optional<SeriesStep> asked = parse_series_step(selector);
    const auto points_there = asked ? points(asked->series) : std::vector<PointRecord>();
    if (asked)
      if (const RunRecord* run = run_of_step(asked->step, points_there, all)) return *run;
    for (const RunRecord& run : all)  // newest first: the first of a name is the one meant
      if (!selector.empty() && run.name == selector) return run;
    if (selector == kLatestRun && !all.empty()) return all.front();
    std::vector<RunRecord> found;
    for (const RunRecord& run : all)
      if (!selector.empty() && run.id.find(selector) != std::string::npos) found.push_back(run);
    if (found.size() == 1) return found.front();
    if (found.empty()) {
      if (!points_there.empty())
        throw UserError(no_run_of_step(*asked, points_there) + ": " + selector);
      const std::vector<std::string> below = names_below(selector, all);
      if (!below.empty())
        throw UserError("a series or several models have this name, give one of their runs: " +
                        first_few(below, 6) + " (asked: " + selector + ")");
      throw UserError("no such run in " + database_.path() + ": " + selector +
                      (all.empty() ? "; the store has no runs"
                                   : "; it has " + listed(all) + "; see flmeval runs"));
    }
    throw UserError("several runs are meant by " + selector +
                    "; give more of the id: " + listed(found));
  }

  /// What is written into a file that does not stand at its path any more would be found by nobody.
  void check_place() const {
    if (file_at(path()) == file_) return;
    throw StoreError(
        "the store was deleted, moved or replaced while it was written; put it back and resume the "
        "run, or begin again: " +
        path());
  }

  void in_transaction(const std::function<void()>& writes) {
    database_.execute("BEGIN IMMEDIATE");  // waits here for another writer
    try {
      writes();
      database_.execute("COMMIT");
    } catch (...) {
      database_.roll_back();
      throw;
    }
  }

  /// At once; given up where another process writes, and where it goes wrong: it can be done again.
  void if_nobody_writes(const std::function<void()>& writes) {
    if (!database_.writable() || !database_.try_begin()) return;
    try {
      writes();
      database_.execute("COMMIT");
    } catch (const UserError&) {
      database_.roll_back();
    }
  }

  void write(const RunRecord& run) { write_run(statements_->put_run, run); }
  void write(const std::string& run, int position, const TaskRecord& task) {
    write_task(statements_->put_task.bind(run).bind(std::int64_t{position}), task);
  }
  void write(const std::string& run, const SampleRecord& sample, TextsWriter& texts) {
    write_sample(statements_->put_sample.bind(run), sample, texts);
  }
  void write(const std::string& key, const std::string& bytes) {
    statements_->put_response.bind(key).bind_blob(bytes).run();
  }

  std::vector<RunRecord> read_runs(SqliteStatement& get) {
    std::vector<RunRecord> out;
    get.each_row([&] { out.push_back(read_run(get, path())); });
    return out;
  }

  std::vector<SampleRecord> read_samples(SqliteStatement& get, const std::string& run,
                                         const std::string& task, const TextFields& fields) {
    std::vector<SampleRecord> out;
    TextsReader texts(database_);
    get.bind(run).bind(task);
    const auto place = std::make_shared<const std::string>(place_of_run(run, path()));
    get.each_row([&] { out.push_back(read_sample(get, fields, texts, place)); });
    return out;
  }

  SqliteDatabase database_;
  std::optional<std::pair<dev_t, ino_t>> file_;  // as it was opened to be written
  std::unique_ptr<Statements> statements_;
  std::vector<std::function<void(TextsWriter&)>> waiting_;  // writes for the next commit, in order
  std::map<std::string, std::string> responses_;            // the same, by key
};

}  // namespace

std::unique_ptr<Store> Store::open(const std::string& path) {
  return std::make_unique<SqliteStore>(path, SqliteAccess::kWrite);
}

std::unique_ptr<Store> Store::open_to_read(const std::string& path) {
  return std::make_unique<SqliteStore>(path, SqliteAccess::kRead);
}

}  // namespace flm
