// COPA and Winograd schemas: which of two sentences goes on rightly.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text/printable.h"
#include "base/text/utf8.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

struct Connector {
  std::string language, cause, effect;
};

const std::vector<Connector>& connectors() {
  static const std::vector<Connector> all = {
      {"et", "sest", "seetõttu"},   {"ht", "poukisa", "donk sa"}, {"it", "perché", "quindi"},
      {"id", "karena", "maka"},     {"qu", "imataq", "chaymi"},   {"sw", "kwa sababu", "kwa hiyo"},
      {"zh", "因为", "所以"},       {"ta", "காரணமாக", "எனவே"},    {"th", "เพราะ", "ดังนั้น"},
      {"tr", "çünkü", "bu yüzden"}, {"vi", "bởi vì", "vì vậy"}};
  return all;
}

/// The premise without its full stop, and the word that joins.
PyValue premise(const PyValue& doc, const Connector& words) {
  const std::string& asked = text_column(doc, "question");
  if (asked != "cause" && asked != "effect")
    throw UserError("COPA's question must be cause or effect: " + asked);
  return python_substring(python_strip(text_column(doc, "premise")), 0, -1) + " " +
         (asked == "cause" ? words.cause : words.effect);
}

std::string continued(const std::string& choice) {
  if (choice.empty()) throw UserError("a choice of COPA is empty");
  return python_lower(python_substring(choice, 0, 1)) + python_substring(choice, 1);
}

PyList choices(const PyValue& doc, const std::string& before) {
  return {before + continued(text_column(doc, "choice1")),
          before + continued(text_column(doc, "choice2"))};
}

PyValue copa_answer(const PyValue& doc) {
  return choices(doc, " ").at(column(doc, "label").equals(PyValue(0)) ? 0 : 1);
}

/// A possessive gets its 's; a pronoun inside a sentence loses its capital.
std::string option_of(const Json& row, const std::u32string& text, std::string option) {
  static const std::vector<std::string> possessive = {"my", "his", "her", "our", "their"};
  static const std::vector<std::string> capital = {"A",    "An", "The", "She", "He",   "It",
                                                   "They", "My", "His", "Her", "Their"};
  const std::string pronoun = python_lower(text_of_row(row, "pronoun"));
  if (std::find(possessive.begin(), possessive.end(), pronoun) != possessive.end()) option += "'s";
  const std::vector<std::string> words = python_split(option);
  const auto n = static_cast<std::int64_t>(text.size());
  const Json& place = row.at("pronoun_loc");
  if (!place.is_number_integer())
    throw UserError("the column pronoun_loc must be a whole number: " + printable(place.dump()));
  std::int64_t at = std::clamp(place.get<std::int64_t>(), -n, n + 2) - 2;  // none outside the text
  if (at < 0) at += n;
  if (words.empty() || at < 0 || at >= n)
    throw UserError("a row of WSC273 has no words, or its pronoun stands outside its text");
  const bool starts = text[static_cast<std::size_t>(at)] == U'.';
  if (starts || std::find(capital.begin(), capital.end(), words[0]) == capital.end()) return option;
  return python_replace(option, words[0], python_lower(words[0]));
}

Json wsc273(const Json& row) {
  Json out = Json::object();
  out["text"] = python_replace(text_of_row(row, "text"), "  ", " ");
  const std::u32string text = utf8_decode(out["text"].get<std::string>());
  out["options"] = row.at("options");
  for (std::size_t i = 0; i < 2; ++i)
    out["options"].at(i) = option_of(row, text, out["options"].at(i).get<std::string>());
  return out;
}

}  // namespace

void add_sentence_completions(NativeFunctions& all) {
  auto& values = all.doc_values;
  const Connector english{"en", "because", "therefore"};
  values["super_glue/copa/utils.doc_to_text"] = [english](const PyValue& doc) {
    return premise(doc, english);
  };
  values["super_glue/copa/utils.doc_to_target"] = copa_answer;
  values["super_glue/copa/utils.doc_to_choice"] = [](const PyValue& doc) {
    return PyValue(choices(doc, " "));
  };
  for (const Connector& words : connectors())
    values["xcopa/utils.doc_to_text_" + words.language] = [words](const PyValue& doc) {
      return premise(doc, words);
    };
  values["xcopa/utils.doc_to_choice"] = [](const PyValue& doc) {
    return PyValue(choices(doc, ""));
  };
  all.process_docs["wsc273/utils.process_doc"] = mapped_rows(wsc273);
}

}  // namespace flm
