// The lines that `flmeval generate` reads.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/json.h"
#include "engine/engine.h"
#include "engine/tokenizer.h"

namespace flm {

/// What a line leaves out, and what it is measured against.
struct GenerateLineRules {
  GenerateRequest settings;
  bool ignore_eos = false;
  const Tokenizer& tokenizer;
  int vocab_rows = 0, max_length = 0;
  bool truncate_left = false;  // of a prompt that leaves the new tokens no room, the beginning goes
};

/// One input line: a request, or what is wrong with it.
struct GenerateLine {
  Json id;
  std::string error;
  GenerateRequest request = {};
  std::int64_t cut = 0;  // tokens that were taken away at the left
};

/// A prompt without a line; a UserError in place of a line's.
GenerateLine generate_line_of_prompt(const std::string& prompt, const GenerateLineRules& rules);

/// {"tokens" | "prompt", and any of max_new_tokens, stop, ignore_eos, temperature, top_k, top_p,
/// repetition_penalty, seed}, and nothing else; `origin` ("FILE:7") for what is no JSON, `id` where
/// the line has none.
GenerateLine read_generate_line(const std::string& line, const std::string& origin, Json id,
                                const GenerateLineRules& rules);

}  // namespace flm
