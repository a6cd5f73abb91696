// Requests whose prefix trie has the shape of a whole MMLU with 5 shots, on pseudo-random ids: what
// a large evaluation costs can be measured where neither its data nor a tokenizer is at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flm::bench {

/// Tokens of a branch of the trie: those it shares with the branch before, counted from where the
/// two may first differ, and its own behind them.
struct Branch {
  std::int32_t shared = 0, own = 0;
};
struct MmluSubject {
  std::string task;
  Branch stem;                    // the header and the shots
  std::vector<Branch> questions;  // behind the stem
};

/// Of mmlu_shape.txt, which says how it is written; UserErrors name the line.
std::vector<MmluSubject> parse_mmlu_shape(std::string_view text);
/// The real one: 57 subjects, 14,042 questions.
std::vector<MmluSubject> mmlu_shape();

/// The four choices, one token each; every id is below kMmluVocabulary.
inline constexpr std::int32_t kMmluVocabulary = 32000;
inline constexpr std::int32_t kMmluChoices[] = {3, 4, 5, 6};

/// Each prompt in turn: the same ids each time, and never two branches with one beginning.
void for_each_mmlu_prompt(const std::vector<MmluSubject>& shape,
                          const std::function<void(std::span<const std::int32_t>)>& visit);

/// FOLDER/mmlu-ids.jsonl: {"id", "tokens", "first_scored"} for each choice of each prompt, as
/// `flmeval score
/// --tokens` takes them.
void write_mmlu_ids(const std::vector<MmluSubject>& shape, const std::string& folder,
                    std::ostream& lines);

}  // namespace flm::bench
