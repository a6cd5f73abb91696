// harness/requests: any line that score or generate reads is a request that the engine takes, or
// has an error; any --samples are lists of ids or a UserError.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "base/errors.h"
#include "harness/requests/generate_line.h"
#include "harness/requests/samples_file.h"
#include "harness/requests/score_line.h"
#include "tests/fuzz/made_tokenizer.h"
#include "tests/fuzz/message.h"

namespace {

constexpr int kVocabulary = 300, kContext = 40;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "a request that the engine does not take: %s\n", what);
  std::abort();
}

bool in_vocabulary(const std::vector<std::int32_t>& ids) {
  return std::all_of(ids.begin(), ids.end(), [](int id) { return id >= -128 && id < kVocabulary; });
}

void read_score(const std::string& text, const flm::Tokenizer& tokenizer) {
  const flm::ScoreLineRules rules{kVocabulary, kContext, 2,
                                  [&]() -> const flm::Tokenizer& { return tokenizer; }};
  const flm::ScoreLine line = flm::read_score_line(text, "fuzz:1", 0, rules);
  flm::fuzz::require_text(line.error);
  flm::compact_json(line.id);
  if (!line.error.empty()) return;
  const auto n = static_cast<int>(line.request.tokens.size());
  require(n >= 1 && n - 1 <= kContext && in_vocabulary(line.request.tokens), "tokens");
  require(line.request.first_scored >= 1 && line.request.first_scored <= n, "first_scored");
}

void read_generate(const std::string& text, const flm::Tokenizer& tokenizer) {
  const flm::GenerateLineRules rules{{}, false, tokenizer, kVocabulary, kContext};
  const flm::GenerateLine line = flm::read_generate_line(text, "fuzz:1", 0, rules);
  flm::fuzz::require_text(line.error);
  flm::compact_json(line.id);
  if (!line.error.empty()) return;
  const auto& [prompt, most, stop, stop_ids, sampling, begun] = line.request;
  require(!prompt.empty() && prompt.size() <= kContext && in_vocabulary(prompt), "prompt");
  require(most >= 0 && sampling.top_k >= 0 && sampling.temperature >= 0, "limits");
}

void read_samples(const std::string& text) {
  try {
    const flm::Json samples = flm::parse_samples(text, "fuzz");
    for (const auto& [task, ids] : samples.items())
      for (const flm::Json& id : ids) require(id.is_number_integer(), "samples");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const flm::fuzz::ByteTokenizer tokenizer;
  read_score(text, tokenizer);
  read_generate(text, tokenizer);
  read_samples(text);
  return 0;
}
