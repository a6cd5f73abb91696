// What the leader of a job asks the other processes, and what they answer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/batch.h"
#include "engine/engine.h"
#include "engine/generation/generator.h"
#include "engine/model/model.h"
#include "engine/nodes/link.h"
#include "engine/nodes/wire.h"

namespace flm {

enum class Ask : std::uint8_t {
  kHello,    // -> leader, once: Hello
  kWelcome,  // leader: the process may go on
  kOpen,     // leader: OpenModel -> kOpened: OpenedModel
  kOpened,
  kLoad,  // leader: LoadModel -> kLoaded: the hash of the weights
  kLoaded,
  kScore,  // leader, to a replica's channel: batch and queries -> kDone*, kScored or kGivenUp
  kDone,   // share of the layers that are done
  kScored,
  kGivenUp,
  kGenerate,  // leader: GenerateUnit -> kGenerated*, kStep*, kGeneratedAll
  kGenerated,
  kStep,  // what came may be committed
  kGeneratedAll,
  kStop,  // leader: what is being computed may be given up
  kRead,  // leader: -> kBytesRead: of the checkpoint's files
  kBytesRead,
  kClose,   // leader: what is open may go; no answer
  kFailed,  // in place of any answer: Failure
  kBye,     // leader: the job is done; its exit code, which is every process's
};

inline constexpr std::uint32_t kControl = 0;  // channel; replica r of a process has r + 1

/// Who a process is. The CPUs tell whether several of a host share their cores.
struct Hello {
  std::string build, host;
  std::vector<std::int32_t> cpus;
  std::int32_t process = 0;             // its number on the host
  std::vector<std::string> words = {};  // its command line, without the program
};

/// Whose fault it was decides the exit code.
struct Failure {
  bool of_user = true;
  std::string text;
};

struct OpenedModel {
  std::string numerics, config_hash, tokenizer;
  std::int32_t replicas = 0;
  std::int64_t budget = 0;   // bytes that it may plan with
  std::int32_t keepers = 0;  // EngineInfo::keepers
};

struct GenerateUnit {
  std::vector<GenerateRequest> requests;
  GeneratorLimits limits;
};

NodeMessage message_of(std::uint32_t channel, Ask ask, Bytes body = {});
Ask ask_of(const NodeMessage& message);

Bytes encode(const Hello& hello);
Bytes encode(const Failure& failure);
Bytes encode(const EngineOptions& options);
Bytes encode(const OpenedModel& opened);
Bytes encode(const PackedBatch& batch, std::span<const HeadQuery> queries, bool another);
Bytes encode(const std::vector<HeadAnswer>& answers);
Bytes encode(std::span<const GenerateRequest> requests, const GeneratorLimits& limits);
Bytes encode(std::uint64_t index, const GenerateResult& result);
Bytes encode(const GeneratorCounters& counters, bool finished);

Hello decode_hello(const Bytes& bytes);
Failure decode_failure(const Bytes& bytes);
EngineOptions decode_options(const Bytes& bytes);
OpenedModel decode_opened(const Bytes& bytes);
struct ScoreUnit {
  PackedBatch batch;
  std::vector<HeadQuery> queries;
  bool another = false;  // batch follows
};
ScoreUnit decode_score(const Bytes& bytes);
std::vector<HeadAnswer> decode_answers(const Bytes& bytes);
GenerateUnit decode_generate(const Bytes& bytes);
std::pair<std::uint64_t, GenerateResult> decode_generated(const Bytes& bytes);
std::pair<GeneratorCounters, bool> decode_all(const Bytes& bytes);

/// Throws what `message` says went wrong, under the name of the process; else it is what was
/// expected.
void require(const NodeMessage& message, Ask expected, const std::string& name);

}  // namespace flm
