// --model and --model-config: which folders are meant.
#include <filesystem>

#include "base/errors.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/model_snapshot.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/layout.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/checkpoint_state.h"
#include "engine/engine.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

bool is_synthetic(const std::string& model) { return model.starts_with("synthetic:"); }

/// Where no other checkpoint is whole.
std::string remedy_of(Completeness state) {
  if (state == Completeness::kIncomplete || state == Completeness::kIgnored)
    return "; wait until it is written, or copy it again";
  if (state == Completeness::kBroken) return "; copy it again, or give another";
  return "; give it in a layout that is read (docs/checkpoints.md)";
}

[[noreturn]] void throw_unusable(const CheckpointSurvey& survey) {
  const CheckpointState& newest = survey.newest();
  std::string whole;
  for (const CheckpointState& one : survey.checkpoints)
    if (one.state == Completeness::kComplete) whole += (whole.empty() ? "" : ", ") + one.path;
  throw UserError("the checkpoint " + newest.path + " is " + name_of(newest.state) + ": " +
                  newest.reason +
                  (whole.empty() ? remedy_of(newest.state) : "; whole ones are " + whole));
}

/// The checkpoint that a trainer's folder or root stands for: the newest.
std::string resolve_trainers(const std::string& model, const std::string& weights) {
  CheckpointSurvey survey = survey_checkpoints(model, weights);
  // What is being written under another name stands for nothing yet.
  while (survey.checkpoints.size() > 1 && survey.newest().state == Completeness::kIgnored)
    survey.checkpoints.pop_back();
  if (survey.newest().state != Completeness::kComplete) throw_unusable(survey);
  return survey.is_root ? survey.newest().path : model;
}

/// Whether the folder of the configuration is where nobody has to say so: the model's own, or the
/// one above a trainer's checkpoint. Another process of a job found it there.
bool is_found_by_itself(const std::string& model, const std::string& model_config) {
  return model_config == model || fs::path(model_config) == tidy_folder(model).parent_path();
}

/// A fault of what --model-config says names the flag.
std::string config_folder(const std::string& model, const std::string& model_config) try {
  const std::string folder = locate_model(model_config);
  require_checkpoint_folder(folder);
  return folder;
} catch (const UserError& fault) {
  if (is_found_by_itself(model, model_config)) throw;
  throw UserError(std::string("--model-config: ") + fault.what());
}

}  // namespace

std::string locate_model(const std::string& model) {
  if (model.empty())
    throw UserError("no model given: --model wants a folder, ORG/NAME or synthetic:PRESET");
  if (is_synthetic(model) || is_there(model)) return model;
  return resolve_in_hub(model);
}

std::string resolve_model(const std::string& model, const std::string& model_config,
                          const std::string& weights) {
  const std::string found = locate_model(model);
  if (is_synthetic(found)) {
    ModelConfig shape;  // a preset that is not known is told before what else is missing
    (void)WeightTable::synthetic(found, &shape);
    return found;
  }
  if (is_of_a_trainer(found)) return resolve_trainers(found, weights);
  if (model_config.empty() || find_layout(found).layout == Layout::kNone)
    require_checkpoint_folder(found);
  require_one_step(found);
  return found;
}

std::string resolve_tokenizer(const std::string& tokenizer) try {
  return is_there(tokenizer) ? tokenizer : snapshot_in_hub(tokenizer);
} catch (const UserError& fault) {
  throw UserError(std::string("--tokenizer: ") + fault.what());
}

std::string resolve_config(const std::string& model, const std::string& model_config) {
  if (is_synthetic(model)) return model;
  if (!model_config.empty()) return config_folder(model, model_config);
  if (!is_of_a_trainer(model)) return model;
  const fs::path folder = tidy_folder(model);
  for (const fs::path& place : {folder, folder.parent_path()})
    if (is_there(place / "config.json")) return place.string();
  throw UserError("a trainer's checkpoint carries no config.json: " + model +
                  "; give --model-config DIR, the folder with config.json and the tokenizer");
}

}  // namespace flm
