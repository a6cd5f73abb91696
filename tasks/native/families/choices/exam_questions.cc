// Questions of exams with a few answers to choose from: Basque, Korean, physics, medicine.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

PyList first_letters(std::size_t count) {
  PyList out;
  for (char letter = 'A'; out.size() < count; ++letter) out.emplace_back(std::string(1, letter));
  return out;
}

/// Candidates of a Basque question: at least two, and the first four are asked about.
std::vector<std::string> basque_candidates(const PyValue& doc) {
  std::vector<std::string> all = texts_column(doc, "candidates");
  if (all.size() < 2) throw UserError("a question wants at least two candidates");
  if (all.size() > 4) all.resize(4);
  return all;
}

PyValue basque_letters(const PyValue& doc) {
  return PyValue(first_letters(basque_candidates(doc).size()));
}

PyValue basque_question(const PyValue& doc) {
  std::string text = "Galdera: " + column(doc, "question").str() + "\n";
  const std::vector<std::string> candidates = basque_candidates(doc);
  for (std::size_t i = 0; i < candidates.size(); ++i)
    text += std::string(1, static_cast<char>('A' + i)) + ": " + candidates[i] + "\n";
  return text + "Erantzuna:";
}

PyValue basque_reading(const PyValue& doc) {
  return "Pasartea: " + column(doc, "context").str() + "\n\n" + basque_question(doc).str();
}

PyValue glianorex_text(const PyValue& doc) {
  const PyValue& options = column(doc, "options");
  if (!options.is_dict()) throw UserError("the column options must be {LETTER: TEXT}");
  std::string text = "Question: " + column(doc, "question").str() + "\n";
  for (const auto& [letter, option] : options.dict())
    text += letter.str() + ". " + option.str() + "\n";
  return text + "Answer:";
}

RowsFunction of_language(const std::string& start) {
  return kept_rows(
      [start](const Json& row) { return text_of_row(row, "language").starts_with(start); });
}

/// CLIcK: four choices stand in the prompt, also of questions that have five.
PyValue click_text(const PyValue& doc) {
  const std::vector<std::string> choices = texts_column(doc, "choices");
  const PyValue& context = column(doc, "paragraph");
  const bool alone = !context.truthy();
  return std::string(alone ? "주어진 질문을 천천히 읽고, "
                           : "주어진 맥락을 천천히 읽고, 질문에 대한 ") +
         "적절한 정답을 A, B, C, D 중에 골라 알파벳 하나로 답하시오.\n\n" +
         (alone ? "" : "맥락: " + context.str() + "\n") + "질문: " + column(doc, "question").str() +
         "\n보기:\nA:" + choices.at(0) + ", B: " + choices.at(1) + ", C: " + choices.at(2) +
         ", D: " + choices.at(3) + "\n정답:";
}

PyList click_letters(const PyValue& doc) {
  const bool of_five = text_column(doc, "id").find("CSAT") != std::string::npos;
  return first_letters(of_five ? 5 : 4);
}

PyValue click_answer(const PyValue& doc) {
  const PyValue& choices = column(doc, "choices");
  if (!choices.is_list()) throw UserError("the column choices must be a list");
  const PyList& all = choices.items();
  const auto found = std::find(all.begin(), all.end(), column(doc, "answer"));
  if (found == all.end()) throw UserError("the answer of a question is not among its choices");
  return click_letters(doc).at(static_cast<std::size_t>(found - all.begin()));
}

/// The number at a place of a name like CSAT_korean_22_31; -1 is the last.
PyInt number_of_name(const std::string& name, int place) {
  const std::vector<std::string> parts = python_split(name, "_", -1);
  return python_parse_int(place < 0 ? parts.back() : parts.at(static_cast<std::size_t>(place)));
}

/// Questions about what somebody says.
bool about_talk(const Json& row) {
  const std::string question = text_of_row(row, "question");
  return python_contains(question, "대화") || python_contains(question, "발화") ||
         python_contains(question, "질의");
}

bool click_text_row(const Json& row) {
  const std::string id = text_of_row(row, "id");
  return python_contains(id, "CSAT_korean_22") ||
         (python_contains(id, "CSAT_korean_23") && number_of_name(id, -1) < 35) ||
         (python_contains(id, "TK") && number_of_name(id, -1) > 4);
}

bool click_grammar_row(const Json& row) {
  const std::string id = text_of_row(row, "id");
  if (python_contains(id, "CSAT_korean") && number_of_name(id, 2) < 21 &&
      number_of_name(id, 3) > 10)
    return true;
  if (python_contains(id, "Kedu_1") &&
      (python_split(id, "_", -1).at(1) != "16" || !about_talk(row)))
    return true;
  return python_contains(id, "TK") && number_of_name(id, -1) < 5;
}

bool click_function_row(const Json& row) {
  const std::string id = text_of_row(row, "id");
  if (python_contains(id, "CSAT_korean") &&
      (number_of_name(id, -1) > 34 || (number_of_name(id, 2) < 21 && number_of_name(id, 3) < 11)))
    return true;
  return (python_contains(id, "Kedu_16") && about_talk(row)) || python_contains(id, "PSE_korean");
}

/// Rows whose name holds `mark` as it is, or `word` in any case.
RowsFunction click_subject(const std::string& word, const std::string& mark) {
  return kept_rows([=](const Json& row) {
    const std::string id = text_of_row(row, "id");
    return python_contains(python_lower(id), word) || (!mark.empty() && python_contains(id, mark));
  });
}

void add_click(NativeFunctions& all) {
  for (const char* part : {"click_cul", "click_lang"}) {
    const std::string module = "click/" + std::string(part) + "/utils.";
    all.doc_values[module + "get_context"] = click_text;
    all.doc_values[module + "get_target"] = click_answer;
    all.doc_values[module + "get_choices"] = [](const PyValue& doc) {
      return PyValue(click_letters(doc));
    };
  }
  const std::string culture = "click/click_cul/utils.extract_";
  for (const char* subject : {"economy", "geography", "politics", "society", "tradition"})
    all.process_docs[culture + subject] = click_subject(subject, "");
  all.process_docs[culture + "kpop"] = click_subject("popular", "");
  all.process_docs[culture + "history"] = click_subject("history", "KHB");
  all.process_docs[culture + "law"] = click_subject("law", "PSAT");
  const std::string language = "click/click_lang/utils.extract_";
  all.process_docs[language + "text"] = kept_rows(click_text_row);
  all.process_docs[language + "grammar"] = kept_rows(click_grammar_row);
  all.process_docs[language + "function"] = kept_rows(click_function_row);
}

/// The Korean college entrance test.
Json csat_row(const Json& row) {
  const auto text = [&](const std::string& name) { return PyValue::from_json(row.at(name)).str(); };
  std::string asked =
      "다음을 읽고 정답으로 알맞은 것을 고르시요.\n### Context: " + text("context") +
      "\n### Question: " + text("question") + "\n### Options:";
  Json choices = Json::array();
  for (const char* number : {"1", "2", "3", "4", "5"}) {
    choices.push_back("(" + std::string(number) + ")");
    asked += "\n(" + std::string(number) + ") " + text("option#" + std::string(number));
  }
  const std::int64_t gold = int_of_row(row, "gold");
  if (gold == INT64_MIN) throw UserError("the column gold is too small");
  return {{"question", asked + "\n### Answer: 주어진 문제의 정답은"},
          {"choices", std::move(choices)},
          {"gold", gold - 1}};
}

/// Which option scores 1; nothing where none does, or there are no scores.
std::optional<std::size_t> right_option(const Json& scores) {
  if (scores.is_null()) return std::nullopt;
  if (!scores.is_object()) throw UserError("target_scores must be {LETTER: SCORE}");
  std::size_t at = 0;
  for (const auto& [letter, score] : scores.items()) {
    if (PyValue::from_json(score) == PyValue(1)) return at;
    ++at;
  }
  return std::nullopt;
}

/// Questions without a picture and with a right answer.
bool physics_row_counts(const Json& row) {
  return !PyValue::from_json(row.at("has_image")).truthy() &&
         right_option(row.at("target_scores")).has_value();
}

Json physics_row(const Json& row) {
  Json choices = Json::array();
  for (const auto& [letter, score] : row.at("target_scores").items()) choices.push_back(letter);
  return {{"input", python_strip(text_of_row(row, "input"))},
          {"choices", std::move(choices)},
          {"gold", *right_option(row["target_scores"])}};
}

}  // namespace

void add_exam_questions(NativeFunctions& all) {
  all.doc_values["eus_reading/utils.doc_to_text_context"] = basque_reading;
  all.doc_values["eus_reading/utils.doc_to_choice"] = basque_letters;
  all.doc_values["eus_trivia/utils.doc_to_text"] = basque_question;
  all.doc_values["eus_trivia/utils.doc_to_choice"] = basque_letters;
  const std::string glianorex = "glianorex/preprocess_glianorex.";
  all.doc_values[glianorex + "doc_to_text"] = glianorex_text;
  all.doc_values[glianorex + "doc_to_target"] = [](const PyValue& doc) {
    return column(doc, "answer_idx");
  };
  all.process_docs[glianorex + "filter_french"] = of_language("fr");
  all.process_docs[glianorex + "filter_english"] = of_language("en");
  add_click(all);
  all.process_docs["csatqa/utils.process_docs"] = mapped_rows(csat_row);
  all.process_docs["physics_gre/utils.process_docs"] = [](const std::vector<Json>& rows) {
    return mapped_rows(physics_row)(kept_rows(physics_row_counts)(rows));
  };
}

}  // namespace flm
