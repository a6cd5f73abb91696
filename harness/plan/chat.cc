#include "harness/plan/chat.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/joined.h"

namespace flm {
namespace {

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool gives_tools(const TaskFlags& flags) {
  if (flags.chat_template_args.empty()) return false;
  const Json arguments = parse_json(flags.chat_template_args, "--chat-template-args");
  return arguments.is_object() && arguments.contains("tools") && !arguments["tools"].is_null();
}

/// Where no name is asked for: with tools that of tools, as transformers chooses.
std::string unasked_template(const TaskFlags& flags, const Tokenizer& tokenizer,
                             const std::vector<std::string>& names) {
  if (holds(names, "tool_use") && gives_tools(flags)) return tokenizer.chat_template("tool_use");
  if (!names.empty() && tokenizer.chat_template().empty())
    throw UserError(
        "--apply-chat-template: none of the tokenizer's templates is named default; give one by "
        "its name: " +
        joined(names, ", "));
  return tokenizer.chat_template();
}

}  // namespace

bool applies_chat_template(const TaskFlags& flags) {
  const std::string name = lowered(flags.apply_chat_template);
  return !name.empty() && name != "false";
}

std::optional<std::string> applied_chat_template(const TaskFlags& flags,
                                                 const Tokenizer& tokenizer) {
  if (!applies_chat_template(flags)) return std::nullopt;
  const std::string& name = flags.apply_chat_template;
  const std::vector<std::string> names = tokenizer.chat_template_names();
  if (lowered(name) == "true") return unasked_template(flags, tokenizer, names);
  if (names.empty()) return tokenizer.chat_template();  // one without a name, as the harness does
  if (holds(names, name)) return tokenizer.chat_template(name);
  throw UserError("--apply-chat-template: the tokenizer has the templates " + joined(names, ", ") +
                  "; give one of them (asked: " + name + ")");
}

std::string note_of_unnamed_template(const TaskFlags& flags, const Tokenizer& tokenizer) {
  const std::string& name = flags.apply_chat_template;
  if (!applies_chat_template(flags) || lowered(name) == "true" ||
      !tokenizer.chat_template_names().empty())
    return "";
  return "--apply-chat-template: the tokenizer's one template has no name, and is applied "
         "(asked: " +
         name + ")";
}

std::map<std::string, std::string> special_tokens_of(const Tokenizer& tokenizer) {
  std::map<std::string, std::string> texts;
  for (const NamedText& one : tokenizer.special_token_texts()) texts[one.name] = one.text;
  if (const auto bos = tokenizer.named_bos()) texts.emplace("bos_token", tokenizer.piece(*bos));
  if (tokenizer.eos()) texts.emplace("eos_token", tokenizer.piece(*tokenizer.eos()));
  return texts;
}

bool prints_date(const TaskFlags& flags, const Tokenizer& tokenizer) {
  return applied_chat_template(flags, tokenizer).value_or("").find("strftime_now") !=
         std::string::npos;
}

bool shots_are_turns(const TaskFlags& flags) {
  const bool chat = applies_chat_template(flags);
  if (flags.fewshot_as_multiturn.value_or(false) && !chat)
    throw UserError(
        "--fewshot-as-multiturn needs --apply-chat-template; add it, or drop this one: "
        "--fewshot-as-multiturn");
  return flags.fewshot_as_multiturn.value_or(chat);
}

}  // namespace flm
