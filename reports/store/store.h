// The run store: one SQLite file (WAL; rollback journal where WAL does not work).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reports/store/record.h"

namespace flm {

/// Where runs are kept unless --store says otherwise.
inline constexpr const char* kDefaultStore = "flmeval.db";

/// The newest run, where none has this name.
inline constexpr const char* kLatestRun = "latest";

/// What is put waits in memory and is written by commit(), in one transaction that lasts no longer
/// than the writing: another process waits for that at most (busy timeout, then a UserError).
/// Nothing is durable before commit(), and nothing but response() sees it; kill -9 loses at most
/// what was put since. A newer schema is refused.
class Store {
 public:
  /// UserError where `path` is no SQLite database, cannot be written, or has a newer schema.
  static std::unique_ptr<Store> open(const std::string& path);
  /// One that is there, to be read: nothing is made, and a file or folder that cannot be written
  /// will do. UserError where there is none.
  static std::unique_ptr<Store> open_to_read(const std::string& path);
  virtual ~Store() = default;

  virtual const std::string& path() const = 0;

  virtual void begin_run(const RunRecord& run) = 0;  // insert or replace
  virtual void update_run(const RunRecord& run) = 0;
  /// Writes the run at once, in one transaction with `is_free`, which reads the store: of two
  /// processes the second sees what the first one wrote. False, and nothing is written, where it
  /// answers so; what it throws is thrown on.
  virtual bool claim_run(const RunRecord& run, const std::function<bool()>& is_free) = 0;
  virtual void put_task(const std::string& run, int position, const TaskRecord& task) = 0;
  virtual void put_sample(const std::string& run,
                          const SampleRecord& sample) = 0;  // insert or replace
  /// Insert or replace by (series, path, run); a point with a run takes the place of the entry
  /// without one.
  virtual void put_point(const PointRecord& point) = 0;
  virtual void commit() = 0;
  /// Forgets what waits, and takes a run that must not stand with its tasks and samples out of the
  /// store, at once and durably. Stored responses stay: they are those of the weights in their key.
  virtual void discard_run(const std::string& id) = 0;

  /// Content-addressed responses: the key is a hash over everything that determines the bytes.
  virtual void put_response(const std::string& key, const std::string& bytes) = 0;
  virtual std::optional<std::string> response(const std::string& key) = 0;

  /// Keeps what can be computed again, at once and durably; gives it up where another process
  /// writes or nobody can. Read back with response().
  virtual void remember(const std::string& key, const std::string& bytes) = 0;

  /// The run's sign of life, at once; given up as in remember().
  virtual void put_heartbeat(const HeartbeatRecord& heartbeat) = 0;
  virtual std::optional<HeartbeatRecord> heartbeat(const std::string& run) = 0;

  /// RUN = id, else SERIES@STEP (series_step.h), else --name (the newest), else latest, else any
  /// unique part of an id. UserError lists those meant.
  virtual RunRecord find_run(const std::string& selector) = 0;
  virtual std::vector<RunRecord> runs() = 0;  // newest first
  /// By its whole id, without a look at the others; nothing where there is none (any more).
  virtual std::optional<RunRecord> run(const std::string& id) = 0;
  /// Those of one fingerprint, newest first; the same.
  virtual std::vector<RunRecord> runs_of(const std::string& fingerprint) = 0;
  virtual std::vector<TaskRecord> tasks(const std::string& run) = 0;  // in position order
  virtual std::vector<SampleRecord> samples(
      const std::string& run, const std::string& task) = 0;  // by (filter_index, doc_id)
  /// The same without texts (doc, arguments, responses stay empty and are not read): what
  /// aggregation needs.
  virtual std::vector<SampleRecord> sample_values(const std::string& run,
                                                  const std::string& task) = 0;
  /// Of a series, or of all where it is ""; by (series, step, path, run).
  virtual std::vector<PointRecord> points(const std::string& series) = 0;
  /// Values, targets and responses, without document and prompt: what a comparison needs.
  virtual std::vector<SampleRecord> sample_answers(const std::string& run,
                                                   const std::string& task) = 0;
};

}  // namespace flm
