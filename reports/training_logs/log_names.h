// Which of the names in a log is the step, the loss, the tokens seen: one table for all formats.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reports/training_logs/log_entry.h"

namespace flm {

/// Takes named values into entries. Of several names for one thing the better known counts, for a
/// whole run: what stood under another is taken out by `keep_best`. One object for all files of a
/// run; one thread.
class LogNames {
 public:
  /// `loss_key`: the only loss that counts; "" = the known names.
  explicit LogNames(std::string loss_key);

  /// False: a name that is not kept.
  bool put(LogEntry& entry, std::string_view name, double value);
  /// Whether a name stands for the step.
  bool is_step(std::string_view name) const;
  /// Whether a name stands for a loss of the training.
  bool is_loss(std::string_view name) const;
  /// Whether put() keeps what stands under a name.
  bool is_kept(std::string_view name) const;
  /// Whether its steps count samples, not updates ("lm loss vs samples").
  static bool over_samples(std::string_view name);
  /// Whether those of the loss that was asked for do.
  bool over_samples() const { return over_samples(loss_key_); }

  /// Leaves of each entry what stood under the best name that the run has; entries without a step
  /// are dropped. UserError where there is no loss, with the names that look like one, and where
  /// there is no step. Says in `notes` which losses were not taken.
  void keep_best(std::vector<LogFile>& files, std::vector<std::string>& notes) const;
  /// The loss that counts; after keep_best.
  std::string loss_name(const std::vector<LogFile>& files) const;

 private:
  enum class Role {
    kNone,
    kStep,
    kLoss,
    kValidation,
    kRate,
    kNorm,
    kTokens,
    kSamples,
    kSeconds,
    kNanIterations,
    kSkippedIterations
  };
  struct Known {
    Role role = Role::kNone;
    NameRank rank = kNoName;
  };
  Known classify(std::string_view name) const;
  Known looked_up(std::string_view name) const;
  Known known(std::string_view name);
  std::string name_of(Role role, NameRank rank) const;
  void note_null_losses(const std::vector<LogFile>& files, const std::string& loss,
                        std::vector<std::string>& notes) const;
  [[noreturn]] void fail_without_loss(const std::string& path) const;
  [[noreturn]] void fail_without_step(const std::string& path) const;

  std::string loss_key_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace flm
