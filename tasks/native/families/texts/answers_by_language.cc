// Questions answered in words, in many languages: MLQA, TyDi QA, XQuAD and national benchmarks.
// Exact match and F1 of normalised words, as SQuAD's evaluation has them.
#include <unicode/uchar.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text/utf8.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

bool is_mark(char32_t c) {
  if (c < 128) return kPythonPunctuation.find(static_cast<char>(c)) != std::string_view::npos;
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_P_MASK) != 0;
}

std::string without_marks_of_any_script(const std::string& text) {
  std::u32string kept = utf8_decode(text);
  std::erase_if(kept, is_mark);
  return utf8_encode(kept);
}

/// What a language drops as articles; null where it has none.
const PythonRegex* articles_of(const std::string& language) {
  static const std::map<std::string, PythonRegex> all = {
      {"en", PythonRegex::compile(R"(\b(a|an|the)\b)")},
      {"es", PythonRegex::compile(R"(\b(un|una|unos|unas|el|la|los|las)\b)")},
      {"vi", PythonRegex::compile(R"(\b(của|là|cái|chiếc|những)\b)")},
      {"de",
       PythonRegex::compile(R"(\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b)")},
      {"ar", PythonRegex::compile(R"((?:^|\s)ال)")}};
  const auto found = all.find(language);
  return found == all.end() ? nullptr : &found->second;
}

/// Chinese characters are words of their own.
std::string with_spaced_characters(const std::string& text) {
  std::u32string spaced;
  for (const char32_t c : utf8_decode(text)) {
    if (c >= 0x4e00 && c <= 0x9fa5) {
      spaced += {U' ', c, U' '};
    } else {
      spaced += c;
    }
  }
  return utf8_encode(spaced);
}

std::vector<std::string> words_in(const std::string& language, const std::string& answer) {
  std::string text = without_marks_of_any_script(python_lower(answer));
  if (const PythonRegex* articles = articles_of(language)) text = articles->sub(" ", text);
  if (language == "zh") text = with_spaced_characters(text);
  return python_split(text);
}

/// The best of the accepted answers.
MetricValues scores_in(const std::string& language, const PyValue& doc,
                       const NativeResults& results) {
  const std::vector<std::string> answer = words_in(language, python_strip(results.filtered.str()));
  double exact = 0, f1 = 0;
  for (const std::string& gold : accepted_texts(column(doc, "answers"), "answers")) {
    const std::vector<std::string> words = words_in(language, gold);
    exact = std::max(exact, words == answer ? 1.0 : 0.0);
    f1 = std::max(f1, shared_words_f1(words, answer));
  }
  return {{"exact_match", {exact}}, {"f1", {f1}}};
}

Json with_texts_of_answers(const Json& row) {
  return {{"context", row.at("context")},
          {"question", row.at("question")},
          {"answers", row.at("answers").at("text")}};
}

/// TyDi QA holds all languages in one file; a row's id begins with its own.
RowsFunction rows_of_language(const std::string& language) {
  const RowsFunction kept = kept_rows([begin = language + "-"](const Json& row) {
    return text_of_row(row, "id").starts_with(begin);
  });
  const RowsFunction mapped = mapped_rows(with_texts_of_answers);
  return [kept, mapped](const std::vector<Json>& rows) { return mapped(kept(rows)); };
}

/// The first of the answers, which alone counts.
const std::string& first_answer(const PyValue& list) {
  if (!list.is_list() || list.items().empty() || !list.items()[0].is_string())
    throw UserError("the column answers must hold a list that begins with a text");
  return list.items()[0].as_string();
}

MetricValues squad_scores(const std::string& gold, const NativeResults& results) {
  const std::string answer = results.filtered.str();
  return {{"f1", {squad_f1(gold, answer)}}, {"exact_match", {squad_exact(gold, answer)}}};
}

MetricValues first_text_scores(const PyValue& doc, const NativeResults& results) {
  return squad_scores(first_answer(column(column(doc, "answers"), "text")), results);
}

/// The Catalan sets list dicts, each with its text.
MetricValues first_dict_scores(const PyValue& doc, const NativeResults& results) {
  const PyValue& answers = column(doc, "answers");
  if (!answers.is_list() || answers.items().empty())
    throw UserError("the column answers must be a list of one dict or more");
  return squad_scores(text_column(answers.items()[0], "text"), results);
}

ResultsFunction results_in(const std::string& language) {
  return [language](const PyValue& doc, const NativeResults& results) {
    return scores_in(language, doc, results);
  };
}

}  // namespace

void add_answers_by_language(NativeFunctions& all) {
  all.process_docs["mlqa/utils.process_docs"] = mapped_rows(with_texts_of_answers);
  for (const char* language : {"ar", "de", "en", "es", "hi", "vi", "zh"})
    all.process_results["mlqa/utils.process_results_" + std::string(language)] =
        results_in(language);
  for (const auto& [language, name] : std::map<std::string, std::string>{{"ar", "arabic"},
                                                                         {"bn", "bengali"},
                                                                         {"en", "english"},
                                                                         {"fi", "finnish"},
                                                                         {"id", "indonesian"},
                                                                         {"ko", "korean"},
                                                                         {"ru", "russian"},
                                                                         {"sw", "swahili"},
                                                                         {"te", "telugu"}}) {
    all.process_docs["tydiqa/utils.process_docs_" + language] = rows_of_language(name);
    all.process_results["tydiqa/utils.process_results_" + language] = results_in(language);
  }
  all.process_results["xquad/utils.process_results_qa"] = first_text_scores;
  all.process_results["norquad/utils.process_results"] = first_text_scores;
  all.process_results["catalan_bench/utils.process_results_qa"] = first_dict_scores;
}

}  // namespace flm
