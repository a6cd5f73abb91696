// reports: a store whose texts somebody changed gives reports, files, a comparison with itself, or
// a UserError that names the run. The input's lines stand in place of what the store keeps, one
// column each, as kColumns names them; a column without a line stays.
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "reports/compare/compare_runs.h"
#include "reports/compare/load_stored_run.h"
#include "reports/store/store.h"
#include "reports/views/comparison/comparison_views.h"
#include "reports/views/outputs.h"
#include "reports/views/views.h"
#include "tests/fuzz/message.h"

namespace {

constexpr const char* kRun = "2026-11-24T20-30-13-aaaaaa";
constexpr std::array kColumns = {"runs.options",      "runs.engine",    "runs.environment",
                                 "runs.cost",         "runs.groups",    "runs.status",
                                 "tasks.metrics",     "tasks.version",  "tasks.config",
                                 "tasks.output_type", "samples.status", "samples.values",
                                 "samples.message",   "samples.target", "samples.doc",
                                 "samples.arguments", "samples.resps",  "samples.filtered"};

/// A store with one run of one task of two documents; made again for each input.
class MadeStore {
 public:
  MadeStore() {
    std::filesystem::create_directories(folder_);
    const auto store = flm::Store::open(path());
    flm::RunRecord run;
    run.id = kRun;
    run.created = "2026-11-24T20:30:13Z";
    run.status = "done";
    store->begin_run(run);
    flm::TaskRecord task;
    task.task = "t";
    task.docs_total = task.docs_chosen = 2;
    store->put_task(kRun, 0, task);
    for (const int doc : {0, 1}) {
      flm::SampleRecord sample;
      sample.task = "t";
      sample.doc_id = doc;
      sample.filter = "none";
      sample.doc_json =
          R"({"text": ")" + std::string(200, 'x') + R"(\n\n)" + std::string(100 + doc, 'y') + "\"}";
      store->put_sample(kRun, sample);
    }
    store->commit();
    sqlite3_open(path().c_str(), &database_);
    sqlite3_exec(database_, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
  }
  ~MadeStore() {
    sqlite3_close(database_);
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return (folder_ / "s.db").string(); }
  std::string output() const { return (folder_ / "out").string(); }

  void write(std::string_view input) {
    sqlite3_exec(database_, "BEGIN", nullptr, nullptr, nullptr);
    for (const char* column : kColumns) {
      const std::size_t end = std::min(input.find('\n'), input.size());
      put(column, input.substr(0, end));
      input.remove_prefix(std::min(end + 1, input.size()));
    }
    sqlite3_exec(database_, "COMMIT", nullptr, nullptr, nullptr);
  }

 private:
  /// As TEXT; behind a byte 1 as a BLOB, which stands for the numbers of pieces.
  void put(const std::string& column, std::string_view text) {
    const std::size_t dot = column.find('.');
    const bool is_blob = text.starts_with('\1');
    if (is_blob) text.remove_prefix(1);
    const std::string sql = "UPDATE " + column.substr(0, dot) + " SET \"" + column.substr(dot + 1) +
                            "\" = " + (is_blob ? "?" : "CAST(? AS TEXT)");
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) abort();
    sqlite3_bind_blob(statement, 1, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("flm_fuzz_store_" + std::to_string(getpid()));
  sqlite3* database_ = nullptr;
};

template <typename Work>
void work_or_named_error(const Work& work) {
  try {
    work();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
    if (std::string(error.what()).find(kRun) != std::string::npos) return;
    std::fprintf(stderr, "an error that does not name the run: %s\n", error.what());
    std::abort();
  }
}

void show(flm::Store& store, const std::string& output) {
  const flm::Report report = flm::build_report(store, kRun, 10);
  for (const flm::View& view : flm::views())
    if (view.file.empty()) view.render(report, {store, 80, true, true, {}});
  flm::write_outputs(store, report, output, true, flm::LogPrompts::kDefault);
}

void compare(const std::shared_ptr<flm::Store>& store) {
  const flm::Comparison comparison =
      flm::compare_runs({flm::load_stored_run(store, kRun), flm::load_stored_run(store, kRun)});
  for (const flm::ComparisonFormat& format : flm::comparison_views())
    format.render(comparison, {80, true, false, true, {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MadeStore made;
  made.write({reinterpret_cast<const char*>(data), size});
  const std::shared_ptr<flm::Store> store = flm::Store::open_to_read(made.path());
  work_or_named_error([&] { show(*store, made.output()); });
  work_or_named_error([&] { compare(store); });
  return 0;
}
