#include "reports/store/store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/joined.h"
#include "reports/store/file_system.h"
#include "reports/store/heartbeats_table.h"
#include "reports/store/points_table.h"
#include "reports/store/record_json.h"
#include "reports/store/run_parts.h"
#include "reports/store/schema.h"
#include "reports/store/series_step.h"
#include "reports/store/sqlite.h"
#include "reports/store/stored_json.h"

namespace flm {
namespace {

constexpr int kBusyMilliseconds = 60'000;  // twice the expected work between two commits
constexpr std::size_t kListedRuns = 8;

constexpr const char* kRunColumns =
    "id, name, created, status, model, options, fingerprint, weights_hash, tokenizer_hash, "
    "protocol_hash, numerics, numerics_hash, engine, environment, cost, groups";
constexpr const char* kTaskColumns =
    "task, alias, version, config, output_type, num_fewshot, docs_total, docs_chosen, data_hash, "
    "spec_hash, prompts_hash, builtin_sample, metrics";
constexpr const char* kValueColumns =
    "task, filter_index, doc_id, filter, status, message, doc_hash, prompt_hash, target_hash, "
    "cluster, \"values\"";
constexpr const char* kTextColumns = ", target, doc, arguments, resps, filtered";
constexpr const char* kAnswerColumns = ", target, resps";

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

RunRecord read_run(SqliteStatement& row, const std::string& store) {
  RunRecord r;
  r.store = store;
  for (std::string* field :
       {&r.id, &r.name, &r.created, &r.status, &r.model, &r.options_json, &r.fingerprint,
        &r.weights_hash, &r.tokenizer_hash, &r.protocol_hash, &r.numerics, &r.numerics_hash,
        &r.engine_json, &r.environment_json, &r.cost_json, &r.groups_json}) {
    *field = row.text();
  }
  return r;
}

/// What of a task others read as JSON without asking again.
void check_task(const TaskRecord& task, const std::string& place) {
  for (const std::string* text : {&task.task, &task.alias, &task.output_type, &task.data_hash,
                                  &task.spec_hash, &task.prompts_hash})
    require_stored_text(*text, "a text of a task", place);
  const std::string of = task.task + ", " + place;
  if (!task.version_json.empty()) stored_json(task.version_json, "the version", of);
  if (task.config_json.empty()) return;
  read_stored(task.config_json, "the task file's keys", of,
              [](const Json& config) { config.get_ref<const Json::object_t&>(); });
}

TaskRecord read_task(SqliteStatement& row, const std::string& place) {
  TaskRecord t;
  for (std::string* field : {&t.task, &t.alias, &t.version_json, &t.config_json, &t.output_type})
    *field = row.text();
  t.num_fewshot = static_cast<int>(row.integer());
  t.docs_total = row.integer();
  t.docs_chosen = row.integer();
  for (std::string* field : {&t.data_hash, &t.spec_hash, &t.prompts_hash}) *field = row.text();
  t.builtin_sample = row.integer() != 0;
  t.metrics = decode_metrics(row.text(), place);
  check_task(t, place);
  return t;
}

using TextFields = std::vector<std::string SampleRecord::*>;

/// `texts`: the fields behind the values, in the order of the columns.
SampleRecord read_sample(SqliteStatement& row, const TextFields& texts,
                         const std::shared_ptr<const std::string>& place) {
  SampleRecord s;
  s.place = place;
  s.task = row.text();
  s.filter_index = static_cast<int>(row.integer());
  s.doc_id = row.integer();
  for (std::string* field : {&s.filter, &s.status, &s.message, &s.doc_hash, &s.prompt_hash,
                             &s.target_hash, &s.cluster}) {
    *field = row.text();
  }
  for (const std::string* text : {&s.task, &s.filter, &s.status, &s.message, &s.doc_hash,
                                  &s.prompt_hash, &s.target_hash, &s.cluster})
    require_stored_text(*text, "a text of a document", *place);
  s.values = decode_values(row.text(), *place);
  for (const auto field : texts) s.*field = row.text();
  require_stored_text(s.target, "the target of a document", *place);
  return s;
}

std::string described(const RunRecord& run) {
  return run.id + (run.name.empty() ? "" : " (" + run.name + ")");
}

std::string listed(const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) names.push_back(described(run));
  return first_few(names, kListedRuns);
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

class SqliteStore final : public Store {
 public:
  SqliteStore(const std::string& path, SqliteAccess access)
      : database_(path, kBusyMilliseconds, access) {
    if (access == SqliteAccess::kWrite) {
      settle_journal(database_, path);
      prepare_schema(database_);
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
    waiting_.push_back([this, run] { write(run); });
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
    waiting_.push_back([this, run, position, task] { write(run, position, task); });
  }
  void put_sample(const std::string& run, const SampleRecord& sample) override {
    waiting_.push_back([this, run, sample] { write(run, sample); });
  }
  void put_point(const PointRecord& point) override {
    waiting_.push_back([this, point] { write_point(database_, point); });
  }
  void put_response(const std::string& key, const std::string& bytes) override {
    responses_[key] = bytes;
  }

  void commit() override {
    if (waiting_.empty() && responses_.empty()) return;
    in_transaction([&] {
      for (const auto& write_one : waiting_) write_one();
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

  std::vector<RunRecord> runs() override {
    std::vector<RunRecord> out;
    statements_->runs.each_row([&] { out.push_back(read_run(statements_->runs, path())); });
    return out;
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
    SqliteStatement response, runs, tasks, samples, values, answers;
  };

  RunRecord found_run(const std::string& selector) {
    const std::vector<RunRecord> all = runs();
    for (const RunRecord& run : all)
      if (run.id == selector) return run;
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
      throw UserError("no such run in " + database_.path() + ": " + selector +
                      (all.empty() ? "; the store has no runs"
                                   : "; it has " + listed(all) + "; see flmeval runs"));
    }
    throw UserError("several runs are meant by " + selector +
                    "; give more of the id: " + listed(found));
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

  void write(const RunRecord& r) {
    for (const std::string* field :
         {&r.id, &r.name, &r.created, &r.status, &r.model, &r.options_json, &r.fingerprint,
          &r.weights_hash, &r.tokenizer_hash, &r.protocol_hash, &r.numerics, &r.numerics_hash,
          &r.engine_json, &r.environment_json, &r.cost_json, &r.groups_json}) {
      statements_->put_run.bind(*field);
    }
    statements_->put_run.run();
  }

  void write(const std::string& run, int position, const TaskRecord& t) {
    SqliteStatement& put = statements_->put_task.bind(run).bind(std::int64_t{position});
    put.bind(t.task).bind(t.alias).bind(t.version_json).bind(t.config_json).bind(t.output_type);
    put.bind(std::int64_t{t.num_fewshot}).bind(t.docs_total).bind(t.docs_chosen);
    put.bind(t.data_hash).bind(t.spec_hash).bind(t.prompts_hash);
    put.bind(std::int64_t{t.builtin_sample}).bind(encode_metrics(t.metrics));
    put.run();
  }

  void write(const std::string& run, const SampleRecord& s) {
    SqliteStatement& put = statements_->put_sample.bind(run).bind(s.task);
    put.bind(std::int64_t{s.filter_index}).bind(s.doc_id);
    put.bind(s.filter).bind(s.status).bind(s.message);
    put.bind(s.doc_hash).bind(s.prompt_hash).bind(s.target_hash).bind(s.cluster);
    put.bind(encode_values(s.values)).bind(s.target).bind(s.doc_json);
    put.bind(s.arguments_json).bind(s.resps_json).bind(s.filtered_json);
    put.run();
  }

  void write(const std::string& key, const std::string& bytes) {
    statements_->put_response.bind(key).bind_blob(bytes).run();
  }

  std::vector<SampleRecord> read_samples(SqliteStatement& get, const std::string& run,
                                         const std::string& task, const TextFields& texts) {
    std::vector<SampleRecord> out;
    get.bind(run).bind(task);
    const auto place = std::make_shared<const std::string>(place_of_run(run, path()));
    get.each_row([&] { out.push_back(read_sample(get, texts, place)); });
    return out;
  }

  SqliteDatabase database_;
  std::unique_ptr<Statements> statements_;
  std::vector<std::function<void()>> waiting_;    // writes for the next commit, in order
  std::map<std::string, std::string> responses_;  // the same, by key
};

}  // namespace

std::unique_ptr<Store> Store::open(const std::string& path) {
  return std::make_unique<SqliteStore>(path, SqliteAccess::kWrite);
}

std::unique_ptr<Store> Store::open_to_read(const std::string& path) {
  return std::make_unique<SqliteStore>(path, SqliteAccess::kRead);
}

}  // namespace flm
