// What a trainer's log says of its run: plain data, the same for every format
// (reports/training_logs reads them).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flm {

/// One line or event. The loss is that before the update of this step, as all trainers log it.
struct TrainingPoint {
  std::int64_t step = 0;
  std::optional<double>
      loss;  // nats a token; nothing where it was not logged, NaN where it was NaN
  std::optional<double> validation_loss, learning_rate, gradient_norm;
  std::optional<double> tokens;   // seen after this step
  std::optional<double> samples;  // the same in sequences
  /// Of the line, since the epoch; a log that names no time zone is read as UTC.
  std::optional<double> seconds;
  std::int64_t nan_iterations = 0, skipped_iterations = 0;  // since the last point
};

/// Consecutive steps of one attempt of the trainer.
struct TrainingBranch {
  int attempt = 1;                    // 1 is the first
  std::vector<TrainingPoint> points;  // ascending in step
};

/// A jump of the logged loss away from its own past.
struct LossSpike {
  std::int64_t step = 0;
  double before = 0, peak = 0;            // the rolling median before it; the worst after it
  double deviations = 0;                  // of the jump, in robust standard deviations
  std::optional<std::int64_t> recovered;  // the step where it was back; nothing: not recovered
};

struct TrainingLog {
  std::vector<std::string> files;  // as given
  std::string format;              // megatron, tensorboard, jsonl, csv, wandb, trainer_state, ...
  std::string loss_key;            // "lm loss"
  /// "mean of 5 steps", "every 10th step"; "" where every step is logged.
  std::string averaging;
  /// A logged loss near the last one is within plus or minus this of the true one (half a unit of
  /// the last digit printed); nothing: full precision.
  std::optional<double> resolution;
  TrainingBranch live;               // what the later checkpoints come from
  std::vector<TrainingBranch> lost;  // what a restart threw away, never averaged with it
  /// Steps that an attempt went on from. Where the log does not say it, the last logged step that
  /// was not done again.
  std::vector<std::int64_t> restarts;
  /// Of the live branch: steps with a loss that is not finite, or the end of a window with one.
  std::vector<std::int64_t> nan_steps;
  std::vector<LossSpike> spikes;   // of the live branch
  std::vector<std::string> notes;  // what a reader must know: "one branch only, which is unknown"
};

/// `files` of one run of the trainer, in any order: one file, the files or the folder of a
/// TensorBoard run, several logs of attempts, the folder of a Trainer's checkpoints; text may be
/// gzipped. `loss_key` chooses where a file has several; "" = the known names. UserErrors: no known
/// format (with what would do), no loss, a key that is not there (with those that are), logs of two
/// runs. A torn last record is normal.
TrainingLog read_training_log(const std::vector<std::string>& files, const std::string& loss_key);

}  // namespace flm
