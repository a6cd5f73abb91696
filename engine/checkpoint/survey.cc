// What lies in a folder of checkpoints: each one's layout, step and completeness.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/layout.h"
#include "engine/checkpoint/trainers/trainer_checkpoint.h"
#include "engine/checkpoint/weight_files.h"
#include "engine/checkpoint_state.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

void set(CheckpointState& state, Completeness completeness, const std::string& reason) {
  state.state = completeness;
  state.reason = reason;
}

/// A name that says its step and nothing else: iter_0000040, global_step40, step-40, checkpoint-40.
std::optional<std::int64_t> step_of_name(const std::string& name) {
  for (const char* front : {"iter_", "global_step", "step_", "step-", "step", "checkpoint-"}) {
    const std::string prefix = front;
    if (name.starts_with(prefix))
      if (const auto step = plain_number(name.substr(prefix.size()))) return step;
  }
  return {};
}

/// A number of a small JSON file beside the weights; nothing where it is absent or 0.
std::optional<std::int64_t> number_in(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key) || !json[key].is_number()) return {};
  const auto value = json[key].get<double>();
  return value >= 0 && value < 9e18 ? std::optional(static_cast<std::int64_t>(value))
                                    : std::nullopt;
}

/// Step and tokens that the Hugging Face Trainer, or a training.json, keeps beside the weights.
void read_training_files(const fs::path& folder, CheckpointState& state) {
  for (const char* name : {"trainer_state.json", "training.json"}) {
    if (!is_there(folder / name)) continue;
    Json json;
    try {
      json = read_foreign_json_file((folder / name).string());
    } catch (const UserError&) {
      return set(state, Completeness::kIncomplete, std::string(name) + " is not whole");
    }
    for (const char* key : {"global_step", "step"})
      if (!state.step) state.step = number_in(json, key);
    for (const char* key : {"num_input_tokens_seen", "tokens", "tokens_seen"}) {
      const auto tokens = number_in(json, key);
      if (!state.tokens_seen && tokens && (*tokens > 0 || state.step == 0))
        state.tokens_seen = tokens;
    }
  }
}

void look_at_hugging_face(const fs::path& folder, CheckpointState& state) {
  try {
    (void)read_weight_files(folder.string(), true);  // whether it is tied, config.json says later
  } catch (const TornFile& error) {
    return set(state, Completeness::kIncomplete, error.what());
  } catch (const UserError& error) {
    return set(state, Completeness::kRefused, error.what());
  }
  read_training_files(folder, state);
}

void look_at_trainers(const FoundLayout& found, WeightsChoice choice, CheckpointState& state) {
  try {
    open_trainer_checkpoint(found, choice)->describe(state);
  } catch (const CheckpointFault& fault) {
    set(state, fault.state(), fault.what());
  } catch (const TornFile& error) {
    set(state, Completeness::kIncomplete, error.what());
  } catch (const UserError& error) {
    set(state, Completeness::kRefused, error.what());
  }
}

/// The newest step that the trainer's own marker covers: Megatron's tracker, DeepSpeed's `latest`.
struct Marker {
  std::string file, text;
  std::optional<std::int64_t> step;
};
std::optional<Marker> marker_of(const FoundLayout& found) {
  const fs::path root = found.folder.parent_path();
  if (found.layout == Layout::kMegatronTorch || found.layout == Layout::kMegatronDist) {
    const auto text = marker_text(root / "latest_checkpointed_iteration.txt");
    if (text && (*text == "release" || plain_number(*text)))
      return Marker{"latest_checkpointed_iteration.txt", *text, plain_number(*text)};
  }
  if (found.layout == Layout::kDeepSpeed) {
    const auto text = marker_text(root / "latest");
    if (text && last_number(*text)) return Marker{"latest", *text, last_number(*text)};
  }
  return {};
}

void hold_against_marker(const FoundLayout& found, CheckpointState& state) {
  const std::optional<Marker> marker = marker_of(found);
  const std::string name = found.folder.filename().string();
  const auto step = state.step ? state.step : last_number(name);
  const bool itself = marker && marker->text == name;
  if (!marker || (!itself && (!marker->step || !step))) return;
  if (!itself && *step > *marker->step) {
    if (state.state == Completeness::kComplete)
      set(state, Completeness::kIncomplete,
          "it is newer than what " + marker->file + " names: " + printable(marker->text));
    return;
  }
  state.marked_whole = true;
  if (state.state == Completeness::kIncomplete)
    set(state, Completeness::kBroken,
        state.reason + "; " + marker->file + " says that it was whole (" + printable(marker->text) +
            ")");
}

/// What is written last and by a rename proves itself.
void take_own_marker(const FoundLayout& found, CheckpointState& state) {
  const bool proves = found.layout == Layout::kMegatronDist || found.layout == Layout::kDcp;
  if (proves && state.state == Completeness::kComplete && state.warnings.empty())
    state.marked_whole = true;
}

void settle_step(const FoundLayout& found, CheckpointState& state) {
  for (const std::string& name : {state.name, found.folder.filename().string()}) {
    const auto named = step_of_name(name);
    if (!named) continue;
    if (!state.step) {
      state.step = named;
      state.step_from_name = true;
    } else if (*named != *state.step && !state.step_from_name) {
      set(state, Completeness::kBroken,
          "the folder's name says " + std::to_string(*named) + ", its files say " +
              std::to_string(*state.step) + ": " + printable(name));
    }
  }
  if (state.step) return;
  state.step = last_number(state.name);
  state.step_from_name = state.step.has_value();
}

CheckpointState state_of(const fs::path& folder, const FoundLayout& found, WeightsChoice choice) {
  CheckpointState state;
  state.name = folder.filename().string();
  state.path = folder.string();
  state.layout = name_of(found.layout);
  if (found.layout == Layout::kHuggingFace || found.layout == Layout::kNone)
    look_at_hugging_face(found.folder, state);
  else
    look_at_trainers(found, choice, state);
  // The Hugging Face Trainer's own files, beside a part that another library wrote.
  if (found.folder != folder) read_training_files(folder, state);
  settle_step(found, state);
  hold_against_marker(found, state);
  take_own_marker(found, state);
  if (is_temporary_name(state.name))
    set(state, Completeness::kIgnored, "its name says that it is being written");
  return state;
}

/// A folder that may not be read: by its name it is a checkpoint, or something else.
CheckpointState unread_state(const fs::path& folder, const std::string& why) {
  CheckpointState state;
  state.name = folder.filename().string();
  state.path = folder.string();
  set(state, last_number(state.name) ? Completeness::kRefused : Completeness::kIgnored, why);
  settle_step({Layout::kNone, folder}, state);
  return state;
}

/// Folders below a root that are checkpoints, or on the way to be one.
std::vector<CheckpointState> children_of(const fs::path& root, WeightsChoice choice) {
  std::vector<CheckpointState> out;
  for (const std::string& name : names_in(root)) {
    const fs::path child = root / name;
    try {
      if (name.starts_with(".") || !is_folder(child)) continue;
      const FoundLayout found = find_layout(child);
      const bool begun = is_there(child / "config.json") && step_of_name(name);
      if (found.layout == Layout::kNone && !begun) continue;
      out.push_back(state_of(child, found, choice));
    } catch (const UserError& error) {  // one that may not be read keeps nobody from the others
      out.push_back(unread_state(child, error.what()));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const CheckpointState& a, const CheckpointState& b) {
    return a.step.value_or(-1) < b.step.value_or(-1);
  });
  return out;
}

/// A Trainer that loads its best checkpoint at the end saves those weights beside the state of the
/// last step.
bool may_be_the_best(const fs::path& folder) {
  if (!is_there(folder / "trainer_state.json")) return false;
  try {
    const Json state = read_foreign_json_file((folder / "trainer_state.json").string());
    return state.is_object() && state.contains("best_model_checkpoint") &&
           state["best_model_checkpoint"].is_string();
  } catch (const UserError&) {
    return false;  // the survey says that it is not whole
  }
}

/// Why the model of a Trainer's output folder is no checkpoint of its series; "" where it is one.
std::string why_no_step(const CheckpointState& model, const std::vector<CheckpointState>& others) {
  if (!model.step || model.step_from_name)
    return "no trainer_state.json beside it says its step (Trainer.save_state() writes one)";
  for (const CheckpointState& one : others)
    if (one.step == model.step)
      return "it is of step " + std::to_string(*model.step) + ", as " + one.name + " is";
  return may_be_the_best(model.path)
             ? "its trainer_state.json names a best checkpoint, whose weights these may be"
             : "";
}

}  // namespace

std::string name_of(Completeness state) {
  switch (state) {
    case Completeness::kComplete:
      return "complete";
    case Completeness::kIncomplete:
      return "incomplete";
    case Completeness::kBroken:
      return "broken";
    case Completeness::kRefused:
      return "refused";
    case Completeness::kIgnored:
      return "ignored";
  }
  return "";
}

CheckpointSurvey survey_checkpoints(const std::string& path, const std::string& weights) {
  const fs::path folder = tidy_folder(path);
  const WeightsChoice choice = weights_choice(weights);
  if (!is_folder(folder))
    throw UserError("no such folder of checkpoints; give one that is there: " + path);
  if (const FoundLayout found = find_layout(folder); found.layout != Layout::kNone)
    return {false, {state_of(folder, found, choice)}};
  CheckpointSurvey out{true, children_of(folder, choice)};
  if (!out.checkpoints.empty()) return out;
  if (is_there(folder / "config.json")) {  // a copy or a download that has only begun
    require_checkpoint_folder(folder.string());
    return {false, {state_of(folder, {Layout::kNone, folder}, choice)}};
  }
  throw UserError("no checkpoint in " + path +
                  ": neither a model's folder nor one of a trainer's checkpoints; give the "
                  "folder of config.json, or the one above the checkpoints");
}

CheckpointSurvey survey_series(const std::string& path, const std::string& weights) {
  CheckpointSurvey own = survey_checkpoints(path, weights);
  if (own.is_root || own.newest().layout != name_of(Layout::kHuggingFace)) return own;
  CheckpointSurvey out{true, children_of(tidy_folder(path), weights_choice(weights))};
  std::erase_if(out.checkpoints, [](const CheckpointState& one) {
    return one.name.find("checkpoint-") == std::string::npos;
  });
  if (out.checkpoints.empty()) return own;
  const std::string why = why_no_step(own.newest(), out.checkpoints);
  if (why.empty())
    out.checkpoints.push_back(own.newest());
  else
    out.note = "the model beside the checkpoints is passed over, " + why + ": " + path;
  return out;
}

void require_one_step(const std::string& path) {
  const FoundLayout found{Layout::kHuggingFace, tidy_folder(path)};
  CheckpointState state;
  state.name = found.folder.filename().string();
  read_training_files(found.folder, state);
  state.state = Completeness::kComplete;  // a remark that is not whole says no step
  settle_step(found, state);
  if (state.state == Completeness::kBroken)
    throw UserError("the checkpoint " + path + " is broken: " + state.reason +
                    "; copy it again, or give it the name of its step");
}

}  // namespace flm
