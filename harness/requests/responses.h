// Stored engine responses: their keys and bytes (docs/architecture.md, Hashes).
#pragma once

#include <string>

#include "engine/engine.h"

namespace flm {

/// Whose answers they are. The tokenizer makes the text of a generated one.
struct ModelHashes {
  std::string weights, config, numerics, tokenizer;
};

/// scoring = (weights, config, numerics, tokens, first scored position, top k).
std::string score_key(const ModelHashes& model, const ScoreRequest& request);
/// generation = (weights, config, numerics, tokenizer, prompt, stops, sampling). Two things are not
/// in it: the most tokens, because an answer that its limit cut is the beginning of a longer one,
/// and what sampling only says where nothing is drawn.
std::string generation_key(const ModelHashes& model, const GenerateRequest& request);

/// Of the note that a run that takes no older responses has stored the one of `key` itself.
std::string own_key(const std::string& run, const std::string& key);

std::string encode_response(const ScoreResult& result);  // count, logprobs, argmax; little-endian
/// UserError that names the store for bytes that are no answer to the request.
ScoreResult decode_score(const std::string& bytes, const ScoreRequest& request,
                         const std::string& store);
std::string encode_response(const GenerateResult& result);  // JSON
GenerateResult decode_generation(const std::string& bytes, const std::string& store);

}  // namespace flm
