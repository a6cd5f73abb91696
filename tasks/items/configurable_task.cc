#include "tasks/items/configurable_task.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "tasks/items/item_renderer.h"
#include "tasks/items/item_scorer.h"
#include "tasks/items/task_documents.h"

namespace flm {

int shots_of(const TaskSpec& spec, const TaskSettings& settings) {
  if (settings.num_fewshot && spec.num_fewshot != 0) return *settings.num_fewshot;
  return spec.num_fewshot.value_or(0);
}

namespace {

/// Nothing stands before a text that is scored as a whole.
int shots_in_prompts(const TaskSpec& spec, int shots) {
  return spec.output_type == "loglikelihood_rolling" ? 0 : shots;
}

class ConfigurableTask : public Task {
 public:
  ConfigurableTask(TaskSpec spec, const DatasetCatalog& catalog, const TaskSettings& settings)
      : spec_(std::move(spec)),
        settings_(settings),
        shots_(shots_of(spec_, settings_)),
        documents_(spec_, catalog, shots_in_prompts(spec_, shots_) > 0),
        renderer_(spec_, settings_, documents_, shots_in_prompts(spec_, shots_)),
        scorer_(spec_, settings_.judge, multiple_targets()) {}
  ConfigurableTask(const ConfigurableTask&) = delete;  // its parts refer to each other
  ConfigurableTask& operator=(const ConfigurableTask&) = delete;

  const std::string& name() const override { return spec_.name; }
  const std::string& alias() const override { return spec_.alias; }
  std::string version() const override { return spec_.version_json; }
  std::string output_type() const override { return spec_.output_type; }
  int num_fewshot() const override { return shots_; }
  std::string config_json() const override { return spec_.config_json; }
  std::string spec_hash() const override { return sha256_hex(spec_.config_json); }
  std::string data_hash() const override { return documents_.sha256(); }
  bool builtin_sample() const override { return documents_.builtin_sample(); }
  std::optional<BpbProtocol> bpb() const override { return spec_.bpb; }
  bool runs_code() const override { return scorer_.runs_code(); }
  std::int64_t doc_count() const override {
    return static_cast<std::int64_t>(documents_.rows().size());
  }
  std::vector<MetricInfo> metrics() const override { return scorer_.metrics(); }

  std::vector<TaskItem> items(std::span<const std::int64_t> doc_ids) const override {
    return renderer_.items(doc_ids);
  }

  std::vector<ItemScore> score(const TaskItem& item,
                               std::span<const RequestAnswer> answers) const override {
    try {
      const PyValue document = PyValue::from_json(documents_.row(item.doc_id));
      return scorer_.score(item, document, renderer_.render(document), answers);
    } catch (const UserError& error) {
      throw UserError("task " + spec_.name + " document " + std::to_string(item.doc_id) + ": " +
                      error.what());
    }
  }

 private:
  /// The harness asks the first document whether targets are lists, and takes an empty one for
  /// none. What is wrong with it is told when it is rendered.
  bool multiple_targets() const {
    if (documents_.rows().empty() || spec_.output_type == "loglikelihood_rolling") return false;
    try {
      const PyValue target = renderer_.target(PyValue::from_json(documents_.rows()[0]));
      return target.is_list() && !target.items().empty();
    } catch (const UserError&) {
      return false;
    }
  }

  const TaskSpec spec_;
  const TaskSettings settings_;
  const int shots_;
  const TaskDocuments documents_;
  const ItemRenderer renderer_;
  const ItemScorer scorer_;
};

}  // namespace

std::shared_ptr<const Task> make_configurable_task(TaskSpec spec, const DatasetCatalog& catalog,
                                                   const TaskSettings& settings) {
  return std::make_shared<ConfigurableTask>(std::move(spec), catalog, settings);
}

}  // namespace flm
