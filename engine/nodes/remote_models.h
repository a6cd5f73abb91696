// The model as the job's other processes have it: opened, placed and loaded on all of them at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/nodes/job.h"
#include "engine/placement.h"
#include "engine/replicas/replica.h"

namespace flm {

/// Tells all others to open the model; RemoteModels::open has their answers.
void begin_opening(Job& job, const EngineOptions& typed);

/// Of one model at a time: where another one was opened since, this one's use is refused.
class RemoteModels {
 public:
  explicit RemoteModels(Job& job) : job_(job) {}
  /// The others let the model go, too: for hours nothing may come that they are asked.
  ~RemoteModels();

  /// A UserError where a process computes with other numerics, or has another configuration or
  /// another tokenizer, than this one (`mine`, and the tokenizer's folder; "": none): names it, and
  /// both values.
  void open(const EngineInfo& mine, const std::string& tokenizer);
  int processes() const { return job_.ranks(); }
  int models() const;
  std::int64_t least_budget() const;
  int fewest_keepers() const;

  void place(Placement placement);
  /// Where they are not loaded as they were placed; end_loading compares the hash of their weights.
  void begin_loading();
  void end_loading(const std::string& weights_hash);
  std::vector<Replica*> replicas() const;
  /// Of the checkpoint's files, by rank from 1 on; empty where a process is lost or has another
  /// model open by now.
  std::vector<std::int64_t> bytes_read() const;

 private:
  void require_the_last() const;

  Job& job_;
  int opened_as_ = 0;                // Job::models_opened
  std::vector<OpenedModel> opened_;  // by rank from 1 on
  Replicas replicas_;
  Placement placement_ = Placement::kResident;
  bool loaded_ = false, loading_ = false;
};

}  // namespace flm
