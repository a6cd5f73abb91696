// Stored engine responses: their keys and bytes (design.md section 8, Hashes).
#pragma once

#include <string>

#include "engine/engine.h"

namespace flm {

/// scoring = (weights, numerics, tokens, first scored position, top k).
std::string score_key(const std::string& weights_hash, const std::string& numerics_hash,
                      const ScoreRequest& request);
/// generation = the same plus stops, max new tokens, sampling, seed, repeat, and the tokenizer that
/// makes the text.
std::string generation_key(const std::string& weights_hash, const std::string& numerics_hash,
                           const std::string& tokenizer_hash, const GenerateRequest& request);

std::string encode_response(const ScoreResult& result);  // count, logprobs, argmax; little-endian
ScoreResult decode_score(const std::string& bytes);
std::string encode_response(const GenerateResult& result);  // JSON
GenerateResult decode_generation(const std::string& bytes);

}  // namespace flm
