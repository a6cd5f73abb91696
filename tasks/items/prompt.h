// How a prompt is put together: description, shots, question, delimiters (lm_eval/api/task.py).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace flm {

/// prefix + suffix, with the delimiter between them where both are there and neither has white
/// space at the seam.
std::string maybe_delimit(const std::string& prefix, const std::string& suffix,
                          const std::string& delimiter);
bool requires_delimiter(const std::string& prefix, const std::string& suffix);

/// One question with its answer (a shot), or without (the evaluated document).
struct Turn {
  std::string question;
  std::optional<std::string> answer;
  std::string target_delimiter, fewshot_delimiter, gen_prefix;

  bool answered() const { return answer || !gen_prefix.empty(); }
};

/// "question + delimiter + [gen_prefix + ' '] + answer + fewshot_delimiter"; without an answer
/// there are no delimiters.
std::string shot_text(const Turn& shot);

/// The question of the evaluated document with its gen_prefix.
std::string question_text(const Turn& turn);

/// The whole prompt as a chat, rendered by the model's template.
std::string chat_prompt(const std::string& system, const std::vector<Turn>& shots, const Turn& turn,
                        const ChatOptions& chat);

}  // namespace flm
