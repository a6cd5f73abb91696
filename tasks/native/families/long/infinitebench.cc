// InfiniteBench: long contexts with short answers. Each task has its own way of finding the answer
// in what the model said.
#include <algorithm>
#include <optional>

#include "base/text/utf8.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/native/text_overlap.h"
#include "tasks/native/whole_numbers.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// Control characters become spaces.
std::string printable_answer(const NativeResults& results) {
  std::string text = python_strip(results.filtered.str());
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return python_strip(text);
}

/// The texts of a column that may be empty, null or missing.
std::vector<std::string> texts_if_any(const PyValue& doc, const std::string& name) {
  const PyValue* found = doc.is_dict() ? doc.dict().find(name) : nullptr;
  if (!found || !found->truthy()) return {};
  return plain_texts(*found, name);
}

std::vector<std::string> stripped_answers(const PyValue& doc) {
  std::vector<std::string> answers = texts_if_any(doc, "answer");
  for (std::string& answer : answers) answer = python_strip(answer);
  return answers;
}

std::string with_spaces_for(std::string text, const std::vector<std::string>& marks) {
  for (const std::string& mark : marks) text = python_replace(text, mark, " ");
  return text;
}

/// A score of 1 where `right` holds for any accepted answer.
template <class Right>
double any_answer(const PyValue& doc, const Right& right) {
  const std::vector<std::string> answers = stripped_answers(doc);
  return std::any_of(answers.begin(), answers.end(), right) ? 1 : 0;
}

double said_anywhere(const PyValue& doc, const std::string& said) {
  const std::string upper = python_upper(said);
  return any_answer(doc, [&](const std::string& answer) {
    return upper.find(python_upper(answer)) != std::string::npos;
  });
}

double said_as_word(const PyValue& doc, const std::string& said) {
  const std::vector<std::string> words =
      python_split(with_spaces_for(said, {"\n", ":", "\"", "'", ".", ",", "?", "!", "{", "}"}));
  return any_answer(doc, [&](const std::string& answer) {
    return std::find(words.begin(), words.end(), answer) != words.end();
  });
}

double first_digits(const PyValue& doc, const std::string& said) {
  static const PythonRegex digits = PythonRegex::compile("[0-9]+");
  const auto found = digits.search(said);
  return any_answer(
      doc, [&](const std::string& answer) { return found && *found->groups[0] == answer; });
}

/// Both as numbers where they are some, else as texts.
bool same_number(const std::string& said, const std::string& answer) {
  if (said.find('.') == std::string::npos && answer.find('.') == std::string::npos) {
    const auto number = whole_number_text(said), right = whole_number_text(answer);
    return number && right ? *number == *right : said == answer;
  }
  try {
    return python_parse_float(said) == python_parse_float(answer);
  } catch (const PyError&) {
    return said == answer;
  }
}

double first_number(const PyValue& doc, const std::string& said) {
  static const PythonRegex number = PythonRegex::compile(R"(\d+\.\d+|\d+)");
  const auto found = number.search(said);
  return any_answer(doc, [&](const std::string& answer) {
    return found && same_number(*found->groups[0], answer);
  });
}

/// The last word, which must be a whole number.
double last_whole_number(const PyValue& doc, const std::string& said) {
  const std::vector<std::string> words =
      python_split(with_spaces_for(said, {"\n", ".", "`", "'", "\"", ":"}));
  const auto number = words.empty() ? std::nullopt : whole_number_text(words.back());
  return any_answer(doc, [&](const std::string& answer) {
    const auto right = whole_number_text(answer);
    return number && (right ? *right == *number : words.back() == answer);
  });
}

bool is_letter_up_to(const std::string& text, char last) {
  return text.size() == 1 && text[0] >= 'A' && text[0] <= last;
}

/// The answer's place among the options as a letter; "" where it has none.
std::string letter_of_answer(const PyValue& doc) {
  const std::vector<std::string> answers = stripped_answers(doc),
                                 options = texts_if_any(doc, "options");
  if (answers.empty() || options.empty()) return "";
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (python_strip(options[i]) == answers[0])
      return utf8_encode(std::u32string(1, U'A' + static_cast<char32_t>(i)));
  }
  const std::string letter = python_upper(answers[0]);
  return utf8_length(answers[0]) == 1 && is_letter_up_to(letter, 'J') ? letter : "";
}

std::string first_character_upper(const std::string& text) {
  return python_upper(python_substring(text, 0, 1));
}

/// What follows `prefix` in `text`, whatever their case; nothing where it is not there.
std::optional<std::string> after_prefix(const std::string& text, const std::string& prefix) {
  const std::int64_t at = python_find(python_lower(text), prefix);
  if (at < 0) return std::nullopt;
  return python_strip(python_substring(text, at + static_cast<std::int64_t>(prefix.size())));
}

/// The letter that a choice's answer names, where no letter A to D stands alone in it.
std::string letter_said(const std::string& said) {
  const std::string text = with_spaces_for(said, {"\n", "\"", "'", ".", ",", "?", "!", "{", "}"});
  for (const char* prefix : {"answer is:", "answer:", "answer is", "option is"}) {
    const auto after = after_prefix(text, prefix);
    if (after && is_letter_up_to(first_character_upper(*after), 'D'))
      return first_character_upper(*after);
  }
  for (const std::string& word : python_split(text)) {
    if (is_letter_up_to(python_upper(word), 'D')) return python_upper(word);
  }
  return "";
}

double chosen_letter(const PyValue& doc, const std::string& said) {
  static const PythonRegex last_alone = PythonRegex::compile(R"(\b([A-D])\b(?!.*\b[A-D]\b))");
  const std::string letter = letter_of_answer(doc);
  if (letter.empty() || said.empty()) return 0;
  if (const auto found = last_alone.search(said)) return *found->groups[1] == letter ? 1 : 0;
  const std::string first = python_substring(said, 0, 1);
  if (is_letter_up_to(first, 'D')) return first == letter ? 1 : 0;
  if (python_upper(said) == letter) return 1;
  return letter_said(said) == letter ? 1 : 0;
}

/// The function's letter and its name; no name where the row has the letter alone.
struct WrongFunction {
  std::string letter, name;
};

WrongFunction wrong_function(const PyValue& doc) {
  const std::vector<std::string> answers = stripped_answers(doc);
  if (answers.empty()) return {};
  if (const std::string letter = letter_of_answer(doc); !letter.empty())
    return {letter, answers[0]};
  const std::string letter = python_upper(answers[0]);
  const bool alone = utf8_length(answers[0]) == 1 && is_letter_up_to(letter, 'J');
  return {alone ? letter : "", ""};
}

bool names_function(const std::string& said, const WrongFunction& wrong) {
  return !wrong.name.empty() && said.starts_with(wrong.name);
}

double found_function(const PyValue& doc, const std::string& said) {
  static const PythonRegex last_alone = PythonRegex::compile(R"(\b([A-J])\b(?!.*\b[A-J]\b))");
  const WrongFunction wrong = wrong_function(doc);
  if (wrong.letter.empty()) return 0;
  if (const auto found = last_alone.search(said)) return *found->groups[1] == wrong.letter ? 1 : 0;
  std::string text = with_spaces_for(said, {"-", "*", "Option", "option"});
  while (text.find("  ") != std::string::npos) text = python_replace(text, "  ", " ");
  text = python_strip(text);
  if (python_upper(text).starts_with(wrong.letter) || names_function(text, wrong)) return 1;
  for (const char* prefix : {"answer is:", "is:", "answer:", "correct option is:"}) {
    const auto after = after_prefix(text, prefix);
    if (!after) continue;
    return first_character_upper(*after) == wrong.letter || names_function(*after, wrong) ? 1 : 0;
  }
  return 0;
}

std::vector<std::string> english_words(const std::string& text) {
  static const PythonRegex articles = PythonRegex::compile(R"(\b(a|an|the)\b)");
  return python_split(without_punctuation(articles.sub(" ", python_lower(text))));
}

/// Each character is a word.
std::vector<std::string> chinese_words(const std::string& text) {
  static const std::u32string marks = utf8_decode(
      "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔"
      "〕〖〗〘〙〚〛〜"
      "〝〞〟〰〾〿–—‛„‟…‧﹏");
  std::u32string kept = utf8_decode(without_punctuation(text));
  std::erase_if(kept, [](char32_t c) { return marks.find(c) != std::u32string::npos; });
  std::vector<std::string> words;
  for (const char32_t c :
       utf8_decode(python_join("", python_split(python_lower(utf8_encode(kept))))))
    words.push_back(utf8_encode(std::u32string(1, c)));
  return words;
}

template <auto words>
double best_words(const PyValue& doc, const std::string& said) {
  double best = 0;
  for (const std::string& answer : texts_if_any(doc, "answer"))
    best = std::max(best, shared_words_f1(words(answer), words(said)));
  return best;
}

double summary_overlap(const PyValue& doc, const std::string& said) {
  const std::vector<std::string> answers = texts_if_any(doc, "answer");
  return answers.empty() ? 0 : stemmed_rouge_lsum(answers[0], said);
}

template <auto score>
MetricValues one_score(const PyValue& doc, const NativeResults& results) {
  return {{"score", {score(doc, printable_answer(results))}}};
}

}  // namespace

void add_infinitebench(NativeFunctions& all) {
  auto& results = all.process_results;
  const std::string process = "infinitebench/utils.process_results";
  results[process] = one_score<said_anywhere>;
  results[process + "_kv"] = one_score<said_as_word>;
  results[process + "_int_match"] = one_score<first_digits>;
  results[process + "_math"] = one_score<first_number>;
  results[process + "_code_run"] = one_score<last_whole_number>;
  results[process + "_choice"] = one_score<chosen_letter>;
  results[process + "_code_debug"] = one_score<found_function>;
  results[process + "_qa_en"] = one_score<best_words<english_words>>;
  results[process + "_rouge"] = one_score<summary_overlap>;
  results[process + "_qa_chn"] = one_score<best_words<chinese_words>>;
}

}  // namespace flm
