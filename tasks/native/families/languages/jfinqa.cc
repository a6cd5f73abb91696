// JFinQA: questions about Japanese financial reports, answered with a number or a few words.
#include <unicode/normalizer2.h>

#include <cmath>
#include <optional>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// A list that a document may lack or leave empty.
PyList items_if_any(const PyValue& doc, const std::string& name) {
  const PyValue* found = doc.is_dict() ? doc.dict().find(name) : nullptr;
  if (!found || !found->truthy()) return {};
  if (!found->is_list()) throw UserError("the column " + name + " must be a list");
  return found->items();
}

std::string table_line(const PyList& cells) {
  std::vector<std::string> texts;
  for (const PyValue& cell : cells) texts.push_back(cell.str());
  return "| " + python_join(" | ", texts) + " |";
}

/// The table as Markdown.
std::string table_of(const PyList& headers, const PyValue& doc) {
  const PyList rule(headers.size(), PyValue("---"));
  std::vector<std::string> lines = {table_line(headers), table_line(rule)};
  for (const PyValue& row : items_if_any(doc, "table_rows")) {
    if (!row.is_list()) throw UserError("the column table_rows must hold lists");
    lines.push_back(table_line(row.items()));
  }
  return python_join("\n", lines);
}

PyValue report_prompt(const PyValue& doc) {
  std::vector<std::string> parts;
  const auto add_paragraphs = [&](const char* name) {
    const PyList paragraphs = items_if_any(doc, name);
    if (!paragraphs.empty())
      parts.push_back(python_join("\n", plain_texts(PyValue(paragraphs), name)));
  };
  add_paragraphs("pre_text");
  if (const PyList headers = items_if_any(doc, "table_headers"); !headers.empty())
    parts.push_back(table_of(headers, doc));
  add_paragraphs("post_text");
  const PyValue* question = doc.dict().find("question");
  parts.push_back("Question: " + (question ? question->str() : "") + "\nAnswer:");
  return python_join("\n\n", parts);
}

/// What follows "Answer:", else the last line that says something.
std::string financial_answer(const std::string& said) {
  static const PythonRegex marked =
      PythonRegex::compile(R"((?:Answer|answer|A|回答)\s*[:\uff1a]\s*(.+))");
  if (const auto found = marked.search(said)) return python_strip(*found->groups[1]);
  std::string last;
  for (const std::string& line : python_splitlines(python_strip(said)))
    if (std::string text = python_strip(line); !text.empty()) last = std::move(text);
  return last;
}

std::string in_nfkc(const std::string& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFKCInstance(error);
  FLM_CHECK(U_SUCCESS(error), "ICU has NFKC");
  std::string out;
  form->normalize(icu::UnicodeString::fromUTF8(text), error).toUTF8String(out);
  return out;
}

std::string without_ending(const std::string& text, const std::string& ending) {
  return text.ends_with(ending) ? text.substr(0, text.size() - ending.size()) : text;
}

/// Full-width characters, minus signs of accounts, commas in numbers and past tenses made alike.
std::string financial_text(const std::string& text) {
  static const PythonRegex loss = PythonRegex::compile("^[△▲]"),
                           comma = PythonRegex::compile(R"((?<=\d),(?=\d))");
  std::string out = comma.sub("", loss.sub("-", in_nfkc(python_strip(text))));
  for (const char* ending : {"しました", "した"}) {
    if (!out.ends_with(ending)) continue;
    out = without_ending(out, ending);
    break;
  }
  return python_strip(python_lower(out));
}

std::optional<double> number_in(const std::string& text) {
  static const PythonRegex other = PythonRegex::compile(R"([^\d.\-+])");
  try {
    return python_parse_float(other.sub("", text));
  } catch (const PyError&) {
    return std::nullopt;
  }
}

/// The number that an amount with its unit means.
std::optional<double> amount(const std::string& text) {
  static const std::vector<std::pair<std::string, double>> scales = {
      {"千", 1e3}, {"百万", 1e6}, {"億", 1e8}, {"兆", 1e12}};
  std::string left = financial_text(text);
  for (const char* unit : {"百万円", "千円", "億円", "兆円", "円", "ドル", "ポイント", "pt", "bps"})
    left = without_ending(left, unit);
  for (const auto& [scale, factor] : scales) {
    if (left.find(scale) == std::string::npos) continue;
    const auto number = number_in(python_replace(left, scale, ""));
    return number ? std::optional(*number * factor) : std::nullopt;
  }
  return number_in(left);
}

/// Within a hundredth of the right number; as texts where either is none.
bool nearly_equal(const std::string& said, const std::string& gold) {
  constexpr double kTolerance = 0.01;
  const auto given = amount(said), right = amount(gold);
  if (!given || !right) return financial_text(said) == financial_text(gold);
  if (*right == 0) return *given == 0;
  return std::fabs(*given - *right) / std::fabs(*right) <= kTolerance;
}

MetricValues financial_scores(const PyValue& doc, const NativeResults& results) {
  const PyValue* found = doc.is_dict() ? doc.dict().find("answer") : nullptr;
  const std::string gold = found ? text_column(doc, "answer") : "";
  const std::string said = financial_answer(results.filtered.str());
  const bool exact = financial_text(said) == financial_text(gold);
  return {{"exact_match", {exact ? 1.0 : 0.0}},
          {"numerical_match", {nearly_equal(said, gold) ? 1.0 : 0.0}}};
}

}  // namespace

void add_jfinqa(NativeFunctions& all) {
  all.doc_values["jfinqa/utils.doc_to_text"] = report_prompt;
  all.process_results["jfinqa/utils.process_results"] = financial_scores;
}

}  // namespace flm
