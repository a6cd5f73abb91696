#include "tasks/items/prompt.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/date.h"
#include "base/text/utf8.h"
#include "tasks/jinja/template.h"
#include "tasks/python/arguments.h"
#include "tasks/python/text.h"

namespace flm {

bool requires_delimiter(const std::string& prefix, const std::string& suffix) {
  if (prefix.empty() || suffix.empty()) return false;
  const std::u32string left = utf8_decode(prefix), right = utf8_decode(suffix);
  return !utf8_is_space(left.back()) && !utf8_is_space(right.front());
}

std::string maybe_delimit(const std::string& prefix, const std::string& suffix,
                          const std::string& delimiter) {
  if (prefix.empty()) return suffix;
  if (suffix.empty()) return prefix;
  return prefix + (requires_delimiter(prefix, suffix) ? delimiter : "") + suffix;
}

std::string assistant_text(const Turn& shot) {
  return maybe_delimit(shot.gen_prefix, shot.answer.value_or(""), " ");
}

std::string shot_text(const Turn& shot) {
  if (!shot.answered()) return shot.question;
  const bool open = !shot.gen_prefix.empty();
  const bool delimit = !open || requires_delimiter(shot.question, shot.gen_prefix);
  return shot.question + (delimit ? shot.target_delimiter : "") + assistant_text(shot) +
         (shot.answer ? shot.fewshot_delimiter : "");
}

std::string question_text(const Turn& turn) {
  if (turn.gen_prefix.empty()) return turn.question;
  return maybe_delimit(turn.question, turn.gen_prefix, turn.target_delimiter);
}

namespace {

PyValue message(const std::string& role, const std::string& content) {
  PyDict dict;
  dict.set(PyValue("role"), PyValue(role));
  dict.set(PyValue("content"), PyValue(content));
  return PyValue(std::move(dict));
}

/// What the assistant's open message ends in while the template runs, to find its place again.
const std::string kOpenEnd = "CONTINUE_FINAL_MESSAGE_TAG ";

/// What Python answers itself before it asks the C library: a date without a zone has none, and
/// this one has no microseconds.
std::string without_pythons_directives(const std::string& format) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const char directive = format[i] == '%' && i + 1 < format.size() ? format[i + 1] : '\0';
    if (directive == '\0') {
      out += format[i];
      continue;
    }
    ++i;
    if (directive == 'f')
      out += "000000";
    else if (directive != 'z' && directive != 'Z')
      out += {'%', directive};
  }
  return out;
}

/// strftime_now(format) of transformers, at the date that is fixed for the whole run.
PyFunction strftime_at(const std::string& date) {
  const std::optional<std::tm> read = read_date(date);
  if (!read) throw UserError("--chat-date wants YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS: " + date);
  return {"strftime_now", [parts = *read](const PyArguments& a) -> PyValue {
            const std::string format =
                without_pythons_directives(PyParameters("strftime_now", a, {"format"}, 1)[0].str());
            std::string text(format.size() * 32 + 64, '\0');
            text.resize(std::strftime(text.data(), text.size(), format.c_str(), &parts));
            return text;
          }};
}

/// What apply_chat_template of transformers 5.24 keeps for itself, and what the program fills in.
constexpr std::array kNotForTemplates = {"messages",
                                         "conversation",
                                         "add_generation_prompt",
                                         "continue_final_message",
                                         "tokenize",
                                         "sanitize_control_tokens",
                                         "padding",
                                         "truncation",
                                         "max_length",
                                         "return_tensors",
                                         "return_dict",
                                         "return_assistant_tokens_mask",
                                         "tokenizer_kwargs"};

void check_argument(const std::string& name, const PyValue& value) {
  if (name == "chat_template")
    throw UserError(
        "--chat-template-args chooses no template; name it by --apply-chat-template NAME, and "
        "leave out: " +
        name);
  if (std::find(kNotForTemplates.begin(), kNotForTemplates.end(), name) != kNotForTemplates.end())
    throw UserError(
        "--chat-template-args is for names that a template reads, which this is not in "
        "transformers; leave out: " +
        name);
  if ((name != "tools" && name != "documents") || value.is_none()) return;
  const auto is_dict = [](const PyValue& one) { return one.is_dict(); };
  if (!value.is_list() || !std::all_of(value.items().begin(), value.items().end(), is_dict))
    throw UserError("--chat-template-args wants a list of objects for " + name + ": " +
                    value.repr());
}

/// transformers' chat_template_kwargs, which count over special tokens of the same name.
void add_arguments(PyDict& context, const std::string& json) {
  if (json.empty()) return;
  const PyValue arguments = PyValue::from_json(parse_json(json, "--chat-template-args"));
  if (!arguments.is_dict())
    throw UserError("--chat-template-args wants a JSON object of names and values: " + json);
  for (const auto& [name, value] : arguments.dict()) {
    check_argument(name.as_string(), value);
    context.set(name, value);
  }
}

std::string render_chat(PyList messages, bool open, const ChatOptions& chat) {
  PyDict context;
  context.set(PyValue("messages"), PyValue(std::move(messages)));
  context.set(PyValue("add_generation_prompt"), PyValue(!open));
  context.set(PyValue("tools"), PyValue());
  context.set(PyValue("documents"), PyValue());
  if (!chat.date.empty()) context.set(PyValue("strftime_now"), PyValue(strftime_at(chat.date)));
  for (const auto& [name, text] : chat.special_tokens) context.set(PyValue(name), PyValue(text));
  add_arguments(context, chat.arguments_json);
  return JinjaTemplate::parse(chat.chat_template, "chat_template", JinjaTemplate::Options::chat())
      .render(PyValue(std::move(context)));
}

/// Up to the end of the open message; a template that trims messages loses its trailing space too.
std::string cut_after_open_message(const std::string& text, const std::string& prefix) {
  const std::string mark = python_rstrip(kOpenEnd);
  const std::size_t at = text.rfind(mark);
  if (at == std::string::npos || text.find(python_strip(prefix)) == std::string::npos)
    throw UserError("the chat template drops the open answer that gen_prefix begins: " + prefix);
  const bool spaces_kept = text.compare(at, kOpenEnd.size(), kOpenEnd) == 0;
  return spaces_kept ? text.substr(0, at) : python_rstrip(text.substr(0, at));
}

/// The turns without the system message.
PyList chat_turns(const std::vector<Turn>& shots, const Turn& turn, const ChatOptions& chat) {
  PyList messages;
  std::string user;
  for (const Turn& shot : shots) {
    if (!chat.fewshot_as_multiturn) {
      user += shot_text(shot);
      continue;
    }
    messages.push_back(message("user", shot.question));
    if (shot.answered()) messages.push_back(message("assistant", assistant_text(shot)));
  }
  messages.push_back(message("user", user + turn.question));
  if (!turn.gen_prefix.empty())
    messages.push_back(message("assistant", turn.gen_prefix + kOpenEnd));
  return messages;
}

}  // namespace

std::string chat_prompt(const std::string& system, const std::vector<Turn>& shots, const Turn& turn,
                        const ChatOptions& chat) {
  const PyList turns = chat_turns(shots, turn, chat);
  const bool open = !turn.gen_prefix.empty();  // the assistant has begun to speak
  std::string text;
  try {
    PyList messages = turns;
    if (!system.empty()) messages.insert(messages.begin(), message("system", system));
    text = render_chat(std::move(messages), open, chat);
  } catch (const UserError&) {
    if (system.empty()) throw;
    text = render_chat(turns, open, chat);  // a template without the role: as the harness does
  }
  if (open && chat.chat_template.find("content") == std::string::npos)  // transformers' rule
    throw UserError("the chat template takes no content, so that no answer can be opened by: " +
                    turn.gen_prefix);
  return open ? cut_after_open_message(text, turn.gen_prefix) : text;
}

}  // namespace flm
