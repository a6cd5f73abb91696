// From model flags to an engine and a tokenizer.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/tokenizer.h"
#include "harness/cli/options.h"

namespace flm {

/// Flags with lm-evaluation-harness's --model hf --model_args spelled out, checked, and the model
/// resolved; which checkpoint a trainer's root stands for is noted.
ModelFlags settle_model_flags(ModelFlags flags, Progress& progress);

bool is_replay(const ModelFlags& flags);
/// UserError of a command that asks the model itself, for answers that were logged.
void refuse_replay(const std::string& command, const ModelFlags& flags);

EngineOptions engine_options(const ModelFlags& flags);
std::unique_ptr<Engine> open_engine(const ModelFlags& flags, Progress& progress);
/// What its files ask for and is not done stands on stderr, under --quiet too: it may change
/// figures.
std::unique_ptr<Tokenizer> open_tokenizer(const ModelFlags& flags);

/// --data, else FLMEVAL_DATA, else "" (the built-in samples).
std::string data_root(const TaskFlags& flags);

}  // namespace flm
