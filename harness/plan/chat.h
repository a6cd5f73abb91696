// What --apply-chat-template and --fewshot-as-multiturn say together.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/tokenizer.h"
#include "harness/cli/options.h"

namespace flm {

bool applies_chat_template(const TaskFlags& flags);

/// The text of the template that is applied, nothing without one. UserError for a name that the
/// tokenizer does not have.
std::optional<std::string> applied_chat_template(const TaskFlags& flags,
                                                 const Tokenizer& tokenizer);

/// What to tell where a name is given for a template that has none; "" otherwise.
std::string note_of_unnamed_template(const TaskFlags& flags, const Tokenizer& tokenizer);

/// The texts of the special tokens by the names that chat templates know, "bos_token" first of all.
std::map<std::string, std::string> special_tokens_of(const Tokenizer& tokenizer);

/// Whether the template that is applied prints the date.
bool prints_date(const TaskFlags& flags, const Tokenizer& tokenizer);

/// Where nothing is said, shots are turns of their own whenever a chat template is applied, as in
/// lm-evaluation-harness. UserError where they should be and there is no template.
bool shots_are_turns(const TaskFlags& flags);

}  // namespace flm
