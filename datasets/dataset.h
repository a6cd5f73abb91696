// Data sets as rows: manifests, readers, checksums. Rows carry Hugging Face's column names and
// order.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {

/// The rows of one split. Immutable.
struct DatasetSplit {
  std::vector<Json> rows;
  std::string sha256;  // of the source files' bytes
  bool builtin_sample = false;
  std::vector<std::string> files;
  std::string note;     // what differs from the official set, or ""
  std::string refused;  // of another text: what to do but score it under the set's name, or ""
};

/// A set is not here. The message says of one set what to do; whoever meets several can say it of
/// all of them at once.
class MissingDataset : public UserError {
 public:
  enum class Source {
    kFetch,   // flmeval data fetch SET
    kListed,  // flmeval data list SET says where it is had
    kHub,     // hf download --repo-type dataset SET
  };
  MissingDataset(std::string name, Source where, const std::string& message)
      : UserError(message), set(std::move(name)), source(where) {}
  std::string set;
  Source source;
};

/// What a task file names: dataset_path, dataset_name, dataset_kwargs (data_files as JSON).
struct DatasetRequest {
  std::string path, name;
  std::string kwargs_json;  // "" or a JSON object
  std::string task_folder;  // relative data_files are looked up here
};

/// Finds and reads data sets: the data root, then Hugging Face's caches, then (without a root) the
/// built-in samples. A missing file or a malformed row is a UserError with file and line.
class DatasetCatalog {
 public:
  explicit DatasetCatalog(std::string data_root);  // "" = built-in samples
  ~DatasetCatalog();
  std::shared_ptr<const DatasetSplit> load(const DatasetRequest& request,
                                           const std::string& split) const;
  /// One line for each set read so far that was not the official one in the data root: where it
  /// came from, or what differs.
  std::vector<std::string> notes() const;
  /// Sets read so far whose copy in the data root differs from the official one.
  std::vector<std::string> copies() const;
  /// Of each set read so far of which another text lies in the data root: what it is and what to do
  /// but score it under the set's name.
  std::vector<std::string> substitutes() const;
  /// Domains LANG/DOMAIN of bits-per-byte text below bpb/ in the root (or the built-in sample),
  /// sorted.
  std::vector<std::string> bpb_domains() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One row of `flmeval data list`.
struct DatasetStatus {
  std::string name, source, licence, found;  // found: path, "built-in sample" or "missing"
  std::string checksum;                      // what of the official source is pinned, or ""
  std::string note;                          // what differs from the official set, or how to get it
  bool can_fetch = false;
  std::vector<std::string> problems;  // after verify: checksum mismatches
  /// After verify: ok, copy (a known one that is not the official), sample (the built-in one, in
  /// place of a set that is not there), differs, unknown (no checksum of these files is known) or
  /// missing; "" before.
  std::string verdict;
};
std::vector<DatasetStatus> dataset_statuses(const std::string& data_root, bool verify);

}  // namespace flm
