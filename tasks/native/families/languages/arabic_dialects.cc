// Arabic cultures and dialects: ArabCulture, AraDiCE, DarijaBench, HellaSwag in Darija and
// Egyptian.
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

// ArabCulture, as the harness asks it where no variable of the environment (COUNTRY, REGION,
// ARABIC, MODEL_NAME) says otherwise.

const PyValue& part_of(const PyValue& doc, const char* name, const char* part) {
  return column(column(doc, name), part);
}

std::string culture_statement(const PyValue& doc) {
  for (const char* name : {"country", "region"}) column(doc, name);
  return "\nYou are tasked with selecting the most culturally appropriate option based on the "
         "context provided below.\n\nStatement: " +
         python_strip(text_column(doc, "first_statement")) +
         "\n\nConsider the cultural nuances and choose the most suitable response from the options "
         "provided.\n";
}

PyValue culture_question(const PyValue& doc) {
  const std::vector<std::string> keys = texts_column(column(doc, "options"), "english_keys");
  const std::vector<std::string> texts = texts_column(column(doc, "options"), "text");
  std::string choices;
  for (std::size_t i = 0; i < 3; ++i)
    choices += keys.at(i) + ". " + python_strip(texts.at(i)) + "\n";
  return culture_statement(doc) + "\nOptions:\n" + choices + "\n";
}

std::string culture_key(const PyValue& doc) {
  return text_column(column(doc, "answer_key"), "english_answer_key");
}

PyValue culture_completion(const PyValue& doc) {
  const std::vector<std::string> keys = texts_column(column(doc, "options"), "english_keys");
  const std::vector<std::string> texts = texts_column(column(doc, "options"), "text");
  return python_strip(texts.at(position(keys, culture_key(doc))));
}

void add_arab_culture(NativeFunctions& all) {
  auto& values = all.doc_values;
  values["arab_culture/utils_mcq.doc_to_text"] = culture_question;
  values["arab_culture/utils_mcq.doc_to_choice"] = [](const PyValue& doc) {
    return part_of(doc, "options", "english_keys");
  };
  values["arab_culture/utils_mcq.doc_to_target"] = [](const PyValue& doc) {
    return PyValue(python_strip(culture_key(doc)));
  };
  const std::string completion = "arab_culture_completion/utils_completion.";
  values[completion + "doc_to_text"] = [](const PyValue& doc) {
    return PyValue(culture_statement(doc));
  };
  values[completion + "doc_to_choice"] = [](const PyValue& doc) {
    return part_of(doc, "options", "text");
  };
  values[completion + "doc_to_target"] = culture_completion;
}

// AraDiCE.

using Words = std::map<std::string, std::string>;

/// How a dialect asks a question of ArabicMMLU.
struct Dialect {
  std::string folder, start, choose, answer;
  Words subjects, countries;
};

const std::vector<Dialect>& dialects() {
  static const std::vector<Dialect> all = {
      {"EGY",
       "ده سؤال ",
       "اختار الإجابة الصحيحة",
       "إجابة",
       {{"Islamic Studies", "في الدراسات إسلامية"},
        {"Driving Test", "في اختبار القيادة"},
        {"Natural Science", "في العلوم الطبيعية"},
        {"History", "في مادة التاريخ"},
        {"General Knowledge", "في المعرفة العامة"},
        {"Law", "في القانون"},
        {"Physics", "في الفيزياء"},
        {"Social Science", "في العلوم الاجتماعية"},
        {"Management", "في الإدارة"},
        {"Arabic Language", "في اللغة العربية"},
        {"Political Science", " في العلوم السياسية"},
        {"Philosophy", "في الفلسفة"},
        {"Accounting", "في المحاسبة"},
        {"Computer Science", "في علوم الحاسوب"},
        {"Geography", "في الجغرافيا"},
        {"Math", "في الرياضيات"},
        {"Biology", "في علم الأحياء"},
        {"Economics", "في الاقتصاد"},
        {"Arabic Language (General)", "في اللغة العربية (عام)"},
        {"Arabic Language (Grammar)", "في اللغة العربية (النحو)"},
        {"Civics", "في التربية المدنية"}},
       {{"UAE", "في الإمارات"},
        {"Egypt", "في مصر"},
        {"Lebanon", "في لبنان"},
        {"Jordan", "في الأردن"},
        {"Kuwait", "في الكويت"},
        {"KSA", "في السعودية"},
        {"Palestine", "في فلسطين"},
        {"Morocco", "في المغرب"}}},
      {"LEV",
       "هيدا سؤال ",
       "نقي الجواب الصح",
       "الجواب",
       {{"Islamic Studies", "عن الدراسات إسلامية"},
        {"Driving Test", "عن فحص السواقة"},
        {"Natural Science", "عن العلوم الطبيعية"},
        {"History", "تاريخ"},
        {"General Knowledge", "معرفة عامة"},
        {"Law", "عن القانون"},
        {"Physics", "فيزياء"},
        {"Social Science", "علوم اجتماعية"},
        {"Management", "عن الإدارة"},
        {"Arabic Language", "عن اللغة العربية"},
        {"Political Science", " عن العلوم السياسية"},
        {"Philosophy", "فلسفة"},
        {"Accounting", "محاسبة"},
        {"Computer Science", "عن علوم الحاسوب"},
        {"Geography", "جغرافيا"},
        {"Math", "رياضيات"},
        {"Biology", "بيولوجي"},
        {"Economics", "اقتصاد"},
        {"Arabic Language (General)", "لغة العربية (عام)"},
        {"Arabic Language (Grammar)", "لغة العربية (نحو)"},
        {"Civics", "تربية مدنية"}},
       {{"UAE", "بالإمارات"},
        {"Egypt", "بمصر"},
        {"Lebanon", "بلبنان"},
        {"Jordan", "بالأردن"},
        {"Kuwait", "بالكويت"},
        {"KSA", "بالسعودية"},
        {"Palestine", "بفلسطين"},
        {"Morocco", "بالمغرب"}}}};
  return all;
}

const Words& school_levels() {
  static const Words all = {{"Primary", "للمرحلة الابتدائية"},
                            {"Middle", "للمرحلة المتوسطة"},
                            {"High", "للمرحلة الثانوية"},
                            {"Univ", "للمرحلة الجامعية "},
                            {"Prof", "للمحترفين"}};
  return all;
}

const std::string& translated(const Words& words, const Json& row, const std::string& name) {
  const auto found = words.find(text_of_row(row, name));
  if (found == words.end())
    throw UserError("the column " + name + " holds something unknown: " + text_of_row(row, name));
  return found->second;
}

bool truthy_cell(const Json& row, const std::string& name) {
  return PyValue::from_json(row.at(name)).truthy();
}

std::string question_in_context(const Json& row) {
  const std::string question = text_of_row(row, "question");
  if (!truthy_cell(row, "context")) return question;
  return PyValue::from_json(row["context"]).str() + "\n\n" + question;
}

/// The options up to the first that is missing.
std::vector<std::string> options_of(const Json& row) {
  const Json& options = row.at("options");
  if (!options.is_object()) throw UserError("the column options must be {LETTER: TEXT}");
  std::vector<std::string> out;
  for (const char* letter : {"A", "B", "C", "D", "E"}) {
    if (!options.contains(letter) || options[letter].is_null()) break;
    out.push_back(PyValue::from_json(options[letter]).str());
  }
  return out;
}

Json dialect_row(const Json& row, const Dialect& dialect) {
  static const std::vector<std::string> letters = {"أ", "ب", "ج", "د", "و"};
  std::string about = translated(dialect.subjects, row, "Subject");
  if (truthy_cell(row, "Level")) about += " " + translated(school_levels(), row, "Level");
  if (truthy_cell(row, "Country")) about += " " + translated(dialect.countries, row, "Country");
  std::vector<std::string> options = options_of(row);
  const std::vector<std::string> labels(letters.begin(),
                                        letters.begin() + static_cast<long>(options.size()));
  for (std::size_t i = 0; i < options.size(); ++i) options[i] = labels[i] + "- " + options[i];
  const std::string asked =
      python_replace("[INPUT]\n[OPTION]\n\n", "[INPUT]", question_in_context(row));
  return {{"prompt", dialect.start + about + ". " + dialect.choose + "!\n\nسؤال: " +
                         python_replace(asked, "[OPTION]", python_join("\n", options)) +
                         dialect.answer + ":"},
          {"choices", labels},
          {"target", position({"A", "B", "C", "D", "E"}, text_of_row(row, "Answer Key"))}};
}

/// Without its question mark, Latin or Arabic.
std::string without_question_mark(const std::string& question) {
  std::string text = python_strip(question);
  for (const char* mark : {"?", "؟"})
    if (text.ends_with(mark)) return python_strip(python_substring(text, 0, -1));
  return text;
}

/// "true", "false", or what Python takes for True and False among the keys of a dict.
bool is_true(const Json& answer) {
  const PyValue value = PyValue::from_json(answer);
  if (value == PyValue("true") || value == PyValue(true)) return true;
  if (value == PyValue("false") || value == PyValue(false)) return false;
  throw UserError("an answer of BoolQ must be true or false: " + value.repr());
}

RowsFunction boolq_rows(const std::string& yes, const std::string& no) {
  return mapped_rows([=](const Json& row) {
    return Json{{"question", without_question_mark(text_of_row(row, "question"))},
                {"target", is_true(row.at("answer")) ? yes : no}};
  });
}

const PyList& openbook_choices(const PyValue& doc) {
  const PyValue& choices = part_of(doc, "question", "choices");
  if (!choices.is_list()) throw UserError("question.choices must be a list");
  return choices.items();
}

PyValue openbook_gold(const PyValue& doc) {
  const std::string key = python_lstrip(text_column(doc, "answerKey"));
  std::size_t at = 0;
  for (const PyValue& choice : openbook_choices(doc)) {
    if (column(choice, "label") == PyValue(key)) return at;
    ++at;
  }
  return PyValue();
}

PyValue openbook_texts(const PyValue& doc) {
  PyList out;
  for (const PyValue& choice : openbook_choices(doc)) out.push_back(column(choice, "text"));
  return out;
}

void add_aradice(NativeFunctions& all) {
  for (const Dialect& dialect : dialects())
    all.process_docs["ArabicMMLU/" + dialect.folder + "/utils.process_docs"] =
        mapped_rows([&dialect](const Json& row) { return dialect_row(row, dialect); });
  for (const char* dialect : {"EGY", "LEV", "MSA"})
    all.process_docs["aradice/boolq/" + std::string(dialect) + "/utils.process_docs"] =
        boolq_rows("نعم", "لا");
  all.process_docs["aradice/boolq/ENG/utils.process_docs"] = boolq_rows("yes", "no");
  all.process_docs["aradice/cultural-benchmark/utils.process_docs"] =
      mapped_rows([](const Json& row) {
        return Json{{"choices", {row.at("Option A"), row.at("Option B"), row.at("Option C")}}};
      });
  const std::string openbook = "aradice/openbookqa/utils.";
  all.doc_values[openbook + "doc_to_text"] = [](const PyValue& doc) {
    return PyValue(python_strip(text_column(column(doc, "question"), "stem")));
  };
  all.doc_values[openbook + "doc_to_choice"] = openbook_texts;
  all.doc_values[openbook + "doc_to_target"] = openbook_gold;
  for (const char* set :
       {"ArabicMMLU/EGY", "ArabicMMLU/LEV", "boolq/EGY", "boolq/ENG", "boolq/LEV", "boolq/MSA",
        "cultural-benchmark", "openbookqa", "piqa", "truthfulqa_mcq", "winogrande"})
    all.aggregations["aradice/" + std::string(set) + "/metrics.micro_f1_score"] = "micro_f1";
}

// Darija and Egyptian.

const PyValue& message(const PyValue& doc, std::size_t number) {
  const PyValue& messages = column(doc, "messages");
  if (!messages.is_list()) throw UserError("the column messages must be a list");
  return column(messages.items().at(number), "content");
}

PyValue sentiment_text(const PyValue& doc) {
  if (!message(doc, 0).is_string()) throw UserError("a message must be text");
  std::string text = message(doc, 0).as_string();
  text = python_replace(text, "-سلبي", "A. سلبي");
  text = python_replace(text, "-ايجابي", "B. ايجابي");
  return python_replace(text, "-ماكينش إحساس",
                        "C. ماكينش إحساس\nThe answer should be strictly one letter of the "
                        "following: A, B, C.");
}

PyValue sentiment_letter(const PyValue& doc) {
  const std::size_t at = position({"سلبي", "ايجابي", "ماكينش إحساس"}, message(doc, 1).str());
  return std::string(1, static_cast<char>('A' + at));
}

Json dialect_hellaswag(const Json& row) {
  return {{"query", text_of_row(row, "activity_label") + ": " + text_of_row(row, "ctx")},
          {"choices", row.at("endings")},
          {"gold", int_of_row(row, "label")}};
}

}  // namespace

void add_arabic_dialects(NativeFunctions& all) {
  add_arab_culture(all);
  add_aradice(all);
  const std::string sentiment = "darija_bench/darija_sentiment/utils.";
  all.doc_values[sentiment + "doc_to_text"] = sentiment_text;
  all.doc_values[sentiment + "doc_to_target"] = sentiment_letter;
  all.doc_values[sentiment + "doc_to_choice_2"] = [](const PyValue&) {
    return PyValue(PyList{"A", "B"});
  };
  all.doc_values[sentiment + "doc_to_choice_3"] = [](const PyValue&) {
    return PyValue(PyList{"A", "B", "C"});
  };
  for (const char* set : {"darijahellaswag", "egyhellaswag"})
    all.process_docs[std::string(set) + "/utils.process_docs"] = mapped_rows(dialect_hellaswag);
}

}  // namespace flm
