// What lies in a folder of checkpoints, told from headers and sizes, without their weights: plain
// data. Formats and proofs: engine/checkpoint/trainers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flm {

/// Complete: it can be scored. Incomplete: it may become whole. Broken: it never will. Refused:
/// hostile, or of a kind that is not read. Ignored: its name says that it is being written.
enum class Completeness { kComplete, kIncomplete, kBroken, kRefused, kIgnored };
std::string name_of(Completeness state);  // complete, incomplete, broken, refused, ignored

/// step_80-tmp, tmp-checkpoint-80, x.tmp: a folder that is being written, or was left behind by a
/// crash.
bool is_temporary_name(const std::string& name);

struct CheckpointState {
  std::string name;    // of its folder: iter_0000040
  std::string path;    // of its folder, below what was asked for
  std::string layout;  // hf, megatron-torch, megatron-torch_dist, dcp, deepspeed; "" where unknown
  Completeness state = Completeness::kComplete;
  std::string reason;                // why it is not complete, with the culprit; else ""
  std::optional<std::int64_t> step;  // of its contents, else of its name
  bool step_from_name = false;
  std::optional<std::int64_t> tokens_seen;  // as the trainer counted them
  std::optional<double> flops;              // as the trainer counted them
  bool marked_whole = false;                // the trainer's own marker, written last, covers it
  std::vector<std::string> warnings = {};
};

/// The checkpoint in `path`, or those of a root (a trainer's, or a folder of checkpoints), by
/// ascending step, then name. `is_root` tells which. `weights` as EngineOptions::weights. UserError
/// where there is neither.
struct CheckpointSurvey {
  bool is_root = false;
  std::vector<CheckpointState> checkpoints;
  std::string note = {};  // survey_series: what is passed over, and why
  /// What the path stands for as a model: the newest step, whatever its state.
  const CheckpointState& newest() const { return checkpoints.back(); }
};
CheckpointSurvey survey_checkpoints(const std::string& path, const std::string& weights = "auto");

/// The same as a series of steps: of a Hugging Face Trainer's output folder that holds a model of
/// its own, too (`save_model`), the checkpoint-N in it are meant. That model is one more checkpoint
/// where its trainer_state.json says a step that no other has.
CheckpointSurvey survey_series(const std::string& path, const std::string& weights = "auto");

/// UserError where the name of a folder in Hugging Face layout and the trainer's files in it
/// (trainer_state.json, training.json) say two steps, which the survey calls broken.
void require_one_step(const std::string& folder);

}  // namespace flm
