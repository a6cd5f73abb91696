// What of the flags changes figures besides tasks and model, with every default filled in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "tasks/task.h"

namespace flm {

struct RunPlan;

/// A BPB protocol with every default filled in (docs/bits-per-byte.md).
struct ResolvedBpb {
  int context = 0, stride = 0;
  bool rolling = false;
  std::optional<std::int32_t> prefix;  // null: none
  bool packed = false;                 // documents share windows, as in training (packed_text.h)
  /// bpb@ctxC/strideS/prefixP/doc, bpb@ctxC/rolling/prefixP/doc or bpb@ctxC/prefixP/packed.
  std::string metric_name() const;
};

/// A prefix as flags and task files write it: an id, bos, eos, none, auto (EOS where the tokenizer
/// adds no BOS, else BOS), tokenizer (BOS where the tokenizer adds one, else none).
std::optional<std::int32_t> resolve_prefix(const std::string& prefix, const Tokenizer& tokenizer);

/// UserError where --prefix-token, or without it what a task asks for, is an id that the model, of
/// `vocab_rows` ids, does not have. The flag is looked at before there are tasks.
void check_prefix(const TaskFlags& flags, int vocab_rows);
void check_prefixes(const TaskFlags& flags, const RunPlan& plan, int vocab_rows);

/// The flags win over what the task asks for, and the model's context bounds both. UserError where
/// they do not go together.
ResolvedBpb resolve_bpb(const BpbProtocol& asked, const TaskFlags& flags,
                        const Tokenizer& tokenizer, int max_length);

/// Its hash is the protocol hash.
std::string protocol_json(const TaskFlags& flags, const ModelFlags& model,
                          const Tokenizer* tokenizer, int max_length);

}  // namespace flm
