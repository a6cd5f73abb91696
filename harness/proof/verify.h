// --verify SHARE: the same requests at other batch shapes and orders give the same bits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/tokenizer.h"

namespace flm {

/// Chooses a share of the requests by seed and runs them again together in reversed order, and the
/// first of them one by one; each must equal the result that the run reported, bit by bit. Returns
/// the line to print, "" where there is no request; a difference is an InternalError.
std::string verify_scores(Engine& engine, const std::vector<ScoreRequest>& requests,
                          const std::function<ScoreResult(std::size_t)>& reported, double share,
                          std::uint64_t seed);

/// The same of answers: tokens, log-probabilities and text.
std::string verify_generations(Engine& engine, const Tokenizer& tokenizer,
                               const std::vector<GenerateRequest>& requests,
                               const std::function<GenerateResult(std::size_t)>& reported,
                               double share, std::uint64_t seed);

}  // namespace flm
