// MMLU's kind in other languages: Greek, Darija, Egyptian, Arabic, and of the languages of India.
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/mmlu_subjects.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using Labels = std::vector<std::string>;

const Labels& latin() {
  static const Labels all = {"A", "B", "C", "D", "E"};
  return all;
}

const Labels& greek() {
  static const Labels all = {"Α", "Β", "Γ", "Δ"};
  return all;
}

/// "A. first\nB. second" and the labels alone.
std::string lines_of(const Labels& labels, const std::vector<std::string>& choices) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < choices.size(); ++i)
    lines.push_back(labels.at(i) + ". " + choices[i]);
  return python_join("\n", lines);
}

PyValue labels_of(const Labels& labels, std::size_t count) {
  PyList out;
  for (std::size_t i = 0; i < count; ++i) out.emplace_back(labels.at(i));
  return out;
}

std::string filled(const char* text, const std::vector<std::string>& parts) {
  PyArguments arguments;
  for (const std::string& part : parts) arguments.positional.emplace_back(part);
  return python_brace_format(text, arguments);
}

std::string greek_subject(const std::string& english) {
  static const std::map<std::string, std::string> names = {
      {"Economics", "Οικονομικών"},
      {"Education", "Παιδαγωγικής"},
      {"Medicine", "Ιατρικής"},
      {"Electrical Engineering", "Ηλεκτρολόγων Μηχανικών"},
      {"Greek Mythology", "Ελληνικής Μυθολογίας"},
      {"Computer Networks & Security", "Δικτύων Υπολογιστών και Ασφάλειας"},
      {"Law", "Νομικής"},
      {"Physics", "Φυσικής"},
      {"Government and Politics", "Διακυβέρνησης και Πολιτικής"},
      {"Art", "Τέχνης"},
      {"Greek Literature", "Νεοελληνικής Λογοτεχνίας"},
      {"World History", "Παγκόσμιας Ιστορίας"},
      {"General Knowledge", "Γενικών Γνώσεων"},
      {"World Religions", "Παγκόσμιων Θρησκειών"},
      {"Mathematics", "Μαθηματικών"},
      {"Clinical Knowledge", "Κλινικών Γνώσεων"},
      {"Driving Rules", "Κανόνων Οδικής Κυκλοφορίας"},
      {"Biology", "Βιολογίας"},
      {"Civil Engineering", "Πολιτικών Μηχανικών"},
      {"Computer Science", "Επιστήμης Υπολογιστών"},
      {"Geography", "Γεωγραφίας"},
      {"Chemistry", "Χημείας"},
      {"Prehistory", "Προϊστορίας"},
      {"Agriculture", "Γεωργίας"},
      {"Modern Greek Language", "Νεοελληνικής Γλώσσας"},
      {"Accounting", "Λογιστικής"},
      {"Greek History", "Ελληνικής Ιστορίας"},
      {"Management", "Διοίκησης Επιχειρήσεων"},
      {"Greek Traditions", "Ελληνικών Παραδόσεων"},
      {"Maritime Safety and Rescue Operations",
       "Ναυαγοσωστικων Λειτουργιών και Ασφάλειας στη Θάλασσα"}};
  const auto found = names.find(english);
  return found == names.end() ? english : found->second;
}

PyValue greek_text(const PyValue& doc) {
  return filled(
      "Αυτό είναι μια ερώτηση {}. Επίλεξε τη σωστή απάντηση!\n\nΕρώτηση: {}\n{}\n\n Απάντηση:",
      {greek_subject(column(doc, "subject").str()), column(doc, "question").str(),
       lines_of(greek(), texts_column(doc, "choices"))});
}

/// The question, below its context where it has one.
std::string with_context(const std::string& context, const std::string& question) {
  return context.empty() ? question : context + "\n\n" + question;
}

/// Darija and Egyptian: the same form, each with its own column of subjects.
PyValue dialect_text(const PyValue& doc, const char* text, const char* subject) {
  return filled(text, {column(doc, subject).str(),
                       with_context(column(doc, "context").str(), column(doc, "question").str()),
                       lines_of(latin(), texts_column(doc, "choices"))});
}

/// Null and "" are nothing.
std::string text_or_nothing(const PyValue& doc, const std::string& name) {
  const PyValue& value = column(doc, name);
  return value.truthy() ? value.str() : "";
}

/// ArabicMMLU: up to the first of its five columns that holds nothing.
std::vector<std::string> arabic_options(const PyValue& doc) {
  std::vector<std::string> options;
  for (int i = 1; i <= 5; ++i) {
    const std::string option = text_or_nothing(doc, "Option " + std::to_string(i));
    if (option.empty()) break;
    options.push_back(option);
  }
  return options;
}

PyValue arabic_choices(const PyValue& doc) {
  PyList out;  // a column behind an empty one has its label, too
  for (std::size_t i = 0; i < 5; ++i)
    if (!text_or_nothing(doc, "Option " + std::to_string(i + 1)).empty())
      out.emplace_back(latin()[i]);
  return out;
}

PyValue arabic_text(const PyValue& doc) {
  static const std::map<std::string, std::string> levels = {{"Primary", "primary school"},
                                                            {"Middle", "middle school"},
                                                            {"High", "high school"},
                                                            {"Univ", "university"},
                                                            {"Prof", "professional"}};
  std::string about = column(doc, "Subject").str() + " question";
  const std::string level = text_or_nothing(doc, "Level");
  const std::string country = text_or_nothing(doc, "Country");
  if (!level.empty() && !levels.count(level)) throw UserError("no such level of schools: " + level);
  if (!level.empty()) about += " for " + levels.at(level);
  if (!country.empty()) about += " in " + country;
  return filled(
      "This is a {}. Select the correct answer!\n\nQuestion: {}\n{}\n\nAnswer:",
      {about, with_context(text_or_nothing(doc, "Context"), column(doc, "Question").str()),
       lines_of(latin(), arabic_options(doc))});
}

PyValue indic_text(const PyValue& doc) {
  std::vector<std::string> options;
  for (const char* name : {"option_a", "option_b", "option_c", "option_d"})
    options.push_back(column(doc, name).str());
  return "Question: " + column(doc, "question_text").str() + "\n" + lines_of(latin(), options) +
         "\nAnswer:";
}

RowsFunction rows_of_subject(const std::string& subject) {
  return kept_rows([subject](const Json& row) { return row.at("subject") == subject; });
}

void add_indicparam(NativeFunctions& all) {
  const std::string module = "indicparam/utils.";
  all.doc_values[module + "doc_to_text"] = indic_text;
  all.doc_values[module + "doc_to_choice"] = [](const PyValue&) { return labels_of(latin(), 4); };
  all.doc_values[module + "doc_to_target"] = [](const PyValue& doc) {
    const Labels four(latin().begin(), latin().begin() + 4);
    return PyValue(position(four, python_upper(text_column(doc, "correct_answer"))));
  };
  for (const auto& [name, subject] :
       std::map<std::string, std::string>{{"bodo", "Bodo"},
                                          {"dogri", "Dogri"},
                                          {"gujarati", "Gujarati_surya"},
                                          {"konkani", "Konkani"},
                                          {"maithili", "Maithili"},
                                          {"marathi", "Marathi"},
                                          {"nepali", "Nepali"},
                                          {"oriya", "Oriya"},
                                          {"rajasthani", "Rajasthani"},
                                          {"sanskrit", "Sanskrit"},
                                          {"sanskrit_mix", "Sanskrit Mix"},
                                          {"santali", "Santali"}})
    all.process_docs[module + "process_docs_" + name] = rows_of_subject(subject);
}

/// OpenAI's MMMLU: some of its subjects carry the name of the file that they came from.
std::string plain_subject(std::string subject) {
  for (const char* mark : {"_test.csv", "_test-"})
    if (const std::size_t at = subject.find(mark); at != std::string::npos)
      return subject.substr(0, at);
  return subject;
}

void add_openai_mmmlu(NativeFunctions& all) {
  for (const std::string subject : mmlu_subjects())
    all.process_docs["openai-mmmlu/default/utils.process_" + subject] =
        kept_rows([subject](const Json& row) {
          const Json& found = row.at("Subject");
          return found.is_string() && plain_subject(found.get<std::string>()) == subject;
        });
}

void add_global_mmlu_categories(NativeFunctions& all) {
  for (const char* category :
       {"Business", "Humanities", "Medical", "Other", "STEM", "Social Sciences"}) {
    const std::string name = python_replace(python_lower(category), " ", "_");
    all.process_docs["global_mmlu/default/*/utils.process_" + name] =
        kept_rows([category](const Json& row) { return row.at("subject_category") == category; });
  }
}

}  // namespace

void add_other_mmlu(NativeFunctions& all) {
  auto& values = all.doc_values;
  values["greekmmlu/utils.doc_to_text"] = greek_text;
  values["greekmmlu/utils.doc_to_choice"] = [](const PyValue& doc) {
    return labels_of(greek(), texts_column(doc, "choices").size());
  };
  for (const char* set : {"darijammlu", "egymmlu"})
    values[std::string(set) + "/utils.doc_to_choice"] = [](const PyValue& doc) {
      return labels_of(latin(), texts_column(doc, "choices").size());
    };
  values["darijammlu/utils.doc_to_text"] = [](const PyValue& doc) {
    return dialect_text(doc, "هادا سؤال متعدد الخيارات (مع الجواب ديالو) على {}\n\n{}\n{}\nالجواب:",
                        "subject_darija");
  };
  values["egymmlu/utils.doc_to_text"] = [](const PyValue& doc) {
    return dialect_text(
        doc, "ده سؤال متعدد الاختيار (مع إجابته) على {}\n\n{}\n{}\n الجواب:", "egy_subject");
  };
  values["arabicmmlu/utils.doc_to_text"] = arabic_text;
  values["arabicmmlu/utils.doc_to_choice"] = arabic_choices;
  add_indicparam(all);
  add_openai_mmmlu(all);
  add_global_mmlu_categories(all);
}

}  // namespace flm
