// The lines that `flmeval score` reads.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/json.h"
#include "engine/engine.h"
#include "engine/tokenizer.h"

namespace flm {

/// What a line is measured against.
struct ScoreLineRules {
  int vocab_rows = 0, max_length = 0;
  std::int32_t top_k = 0;
  std::function<const Tokenizer&()> tokenizer;  // asked for texts alone
  bool truncate_left = false;                   // of what is too long, context goes
};

/// One input line: a request, or what is wrong with it.
struct ScoreLine {
  Json id;
  std::string error;
  ScoreRequest request = {};
  std::int64_t cut = 0;  // tokens that were taken away at the left
};

/// {"id", "tokens" | "text", "first_scored"}; `origin` ("FILE:7") for what is no JSON, `id` where
/// the line has none.
ScoreLine read_score_line(const std::string& line, const std::string& origin, Json id,
                          const ScoreLineRules& rules);

/// A whole text.
ScoreLine score_line_of_text(const std::string& text, Json id, const ScoreLineRules& rules);

}  // namespace flm
