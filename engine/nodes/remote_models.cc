#include "engine/nodes/remote_models.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "engine/nodes/remote_replica.h"
#include "engine/tokenizer.h"

namespace flm {
namespace {

void require_same(const std::string& name, const std::string& what, const std::string& theirs,
                  const std::string& mine, const std::string& remedy) {
  if (theirs != mine)
    throw UserError(name + " has other " + what + " than the leader; " + remedy + ": " + theirs +
                    ", not " + mine);
}

}  // namespace

void begin_opening(Job& job, const EngineOptions& typed) { job.ask_all(Ask::kOpen, encode(typed)); }

RemoteModels::~RemoteModels() {
  if (job_.models_opened() != opened_as_ || job_.link().lost_any()) return;
  try {
    job_.ask_all(Ask::kClose, {});
  } catch (const NodeLost&) {  // told by what is asked next
  }
}

void RemoteModels::require_the_last() const {
  FLM_CHECK(job_.models_opened() == opened_as_,
            "the job's processes have another model open than this engine's");
}

void RemoteModels::open(const EngineInfo& mine, const std::string& tokenizer) {
  opened_as_ = job_.models_opened();
  // The others read theirs meanwhile: texts and stop strings of what they generate are made by it.
  const std::string tokenizer_hash = tokenizer.empty() ? "" : Tokenizer::open({tokenizer})->hash();
  const std::vector<Bytes> answers = job_.answers_of(Ask::kOpened);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const int rank = static_cast<int>(i) + 1;
    opened_.push_back(decode_opened(answers[i]));
    const OpenedModel& opened = opened_.back();
    const std::string name = job_.link().name_of(rank);
    require_same(name, "numerics", opened.numerics, mine.numerics,
                 "use nodes of one kind, or --device and --precision");
    require_same(name, "configuration", opened.config_hash, mine.config_hash,
                 "give the same model on all nodes");
    require_same(name, "tokenizer files", opened.tokenizer, tokenizer_hash,
                 "give the same tokenizer on all nodes");
    for (int index = 0; index < opened.replicas; ++index)
      replicas_.push_back(make_remote_replica(job_.link(), rank, index));
  }
}

int RemoteModels::models() const { return static_cast<int>(replicas_.size()); }

std::int64_t RemoteModels::least_budget() const {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const OpenedModel& opened : opened_) least = std::min(least, opened.budget);
  return least;
}

int RemoteModels::fewest_keepers() const {
  int fewest = std::numeric_limits<int>::max();
  for (const OpenedModel& opened : opened_) fewest = std::min(fewest, opened.keepers);
  return fewest;
}

void RemoteModels::place(Placement placement) {
  if (placement != placement_) loaded_ = false;
  placement_ = placement;
}

void RemoteModels::begin_loading() {
  require_the_last();
  loading_ = !loaded_;
  if (!loading_) return;
  MessageWriter body;
  body.put(placement_);
  job_.ask_all(Ask::kLoad, body.take());
}

void RemoteModels::end_loading(const std::string& weights_hash) {
  if (!loading_) return;
  loading_ = false;
  const std::vector<Bytes> answers = job_.answers_of(Ask::kLoaded);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    std::string theirs;
    MessageReader(answers[i]).take(theirs);
    require_same(job_.link().name_of(static_cast<int>(i) + 1), "weights", theirs, weights_hash,
                 "give the same checkpoint on all nodes");
  }
  loaded_ = true;
}

std::vector<std::int64_t> RemoteModels::bytes_read() const {
  std::vector<std::int64_t> all;
  if (job_.models_opened() != opened_as_) return all;
  try {
    job_.ask_all(Ask::kRead, {});
    for (const Bytes& answer : job_.answers_of(Ask::kBytesRead))
      MessageReader(answer).take(all.emplace_back());
  } catch (const NodeLost&) {  // a figure less; whoever wants an answer is told
    all.clear();
  }
  return all;
}

std::vector<Replica*> RemoteModels::replicas() const {
  require_the_last();
  std::vector<Replica*> all;
  for (const auto& replica : replicas_) all.push_back(replica.get());
  return all;
}

}  // namespace flm
