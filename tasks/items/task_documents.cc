#include "tasks/items/task_documents.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/shipped_folder.h"

namespace flm {
namespace {

/// One of the program's own: where its data lack, the file that names them is not at fault.
bool is_shipped(const TaskSpec& spec) {
  return spec.folder.starts_with(shipped_folder(FLM_SOURCE_TASKS, "tasks"));
}

}  // namespace

std::set<std::string> columns_of(const std::vector<Json>& rows) {
  std::set<std::string> columns;
  if (!rows.empty()) {
    for (const auto& [name, value] : rows[0].items()) columns.insert(name);
  }
  return columns;
}

TaskDocuments::TaskDocuments(const TaskSpec& spec, const DatasetCatalog& catalog, bool with_shots)
    : docs_(split(spec, catalog, spec.evaluated_split(), spec.process_docs)),
      sha256_(docs_->sha256) {
  if (with_shots) load_pool(spec, catalog);
}

std::shared_ptr<const DatasetSplit> TaskDocuments::split(const TaskSpec& spec,
                                                         const DatasetCatalog& catalog,
                                                         const std::string& name,
                                                         const RowsFunction& process) const {
  std::shared_ptr<const DatasetSplit> read;
  try {
    read = catalog.load(
        {spec.dataset_path, spec.dataset_name, spec.dataset_kwargs_json, spec.folder}, name);
  } catch (const MissingDataset& missing) {  // of several, whoever selects tasks tells all
    if (is_shipped(spec)) throw;
    throw MissingDataset(missing.set, missing.source,
                         spec.place("dataset_path") + ": " + missing.what());
  } catch (const UserError& error) {
    if (is_shipped(spec)) throw;
    throw UserError(spec.place("dataset_path") + ": " + error.what());
  }
  if (!process) return read;
  auto processed = std::make_shared<DatasetSplit>(*read);
  try {
    processed->rows = process(read->rows);
  } catch (const UserError& error) {
    throw UserError(spec.place("process_docs") + ": " + error.what());
  }
  return processed;
}

/// fewshot_config.split, fewshot_split, samples in the file, then train > validation > test.
void TaskDocuments::load_pool(const TaskSpec& spec, const DatasetCatalog& catalog) {
  const FewshotConfig& f = spec.fewshot;
  std::string name = f.split.value_or(spec.fewshot_split);
  // Both unset counts: the harness compares the settings, not the splits.
  same_split_ = name == spec.test_split;
  if (name.empty() && f.samples) {
    const auto samples = std::make_shared<DatasetSplit>();
    for (const PyValue& row : f.samples->items()) samples->rows.push_back(row.to_json());
    pool_ = samples;
    return;
  }
  // Only a split that the file names for the shots is read by fewshot_config's function.
  const bool of_shots = f.process_docs && !name.empty();
  for (const std::string& next : {spec.training_split, spec.validation_split, spec.test_split}) {
    if (name.empty()) name = next;
  }
  pool_ = !of_shots && name == spec.evaluated_split()
              ? docs_
              : split(spec, catalog, name, of_shots ? f.process_docs : spec.process_docs);
  sha256_ = sha256_hex(sha256_ + pool_->sha256);
}

const Json& TaskDocuments::row(std::int64_t id) const {
  return docs_->rows.at(static_cast<std::size_t>(id));
}

}  // namespace flm
