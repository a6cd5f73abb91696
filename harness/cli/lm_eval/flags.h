// The flags of `lm_eval run` (lm-evaluation-harness 0.4.13, lm_eval/_cli/run.py), and what each is
// here.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// How many words follow a flag: argparse's nargs.
enum class LmEvalValues { kNone, kOne, kOptional, kSome };

struct LmEvalFlag;

/// What changes nothing here and stands in the results as it was typed. Empty: not given.
struct LmEvalTyped {
  std::string batch_size;
  std::vector<std::string> seeds;  // python, numpy, torch, fewshot: numbers, or None
};

/// What one use of a flag becomes. `words` are appended to, `notes` are for stderr. UserError where
/// it is refused.
struct LmEvalOutput {
  std::vector<std::string> words, notes;
  LmEvalTyped typed = {};
};
using LmEvalTake = void (*)(const LmEvalFlag& flag, const std::vector<std::string>& values,
                            LmEvalOutput& out);

struct LmEvalFlag {
  std::string name;   // "num_fewshot": with underscores, without the hyphens before it
  std::string brief;  // "f" of -f; "" where there is none
  LmEvalValues values;
  LmEvalTake take;
  std::string text;  // our flag; or the note; or the remedy
};

const std::vector<LmEvalFlag>& lm_eval_flags();

/// By the long name, hyphens or underscores; null for one that lm_eval does not have.
const LmEvalFlag* find_lm_eval_flag(std::string name);

/// By the letter of its short form.
const LmEvalFlag* find_brief_lm_eval_flag(const std::string& letter);

}  // namespace flm
