// Answers of competition mathematics (MATH, AGIEval, AIME, HRM8K): which LaTeX means the same.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text/utf8.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// Raised where the harness's normalisation fails; it compares the texts as they are then.
struct CannotNormalise {};

/// The last \boxed{...} or \fbox{...} with its braces, or "\boxed " with what follows up to a $.
std::optional<std::string> last_boxed(const std::string& text, bool with_spaced) {
  static const std::string spaced = "\\boxed ";
  if (with_spaced && text.find(spaced) != std::string::npos)
    return spaced + python_split(text.substr(text.rfind(spaced) + spaced.size()), "$", -1)[0];
  std::size_t begin = text.rfind("\\boxed");
  if (begin == std::string::npos) begin = text.rfind("\\fbox");
  if (begin == std::string::npos) return std::nullopt;
  int open = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return text.substr(begin, i + 1 - begin);
  }
  return std::nullopt;
}

/// What stands in the box; nothing where it is not one.
std::optional<std::string> unboxed(const std::optional<std::string>& boxed, bool with_spaced) {
  static const std::string spaced = "\\boxed ", braced = "\\boxed{";
  if (!boxed) return std::nullopt;
  if (with_spaced && boxed->find(spaced) != std::string::npos) {
    if (!boxed->starts_with(spaced)) return std::nullopt;
    return boxed->substr(spaced.size());
  }
  if (!boxed->starts_with(braced) || !boxed->ends_with("}")) return std::nullopt;
  return boxed->substr(braced.size(), boxed->size() - braced.size() - 1);
}

/// \sqrt3 to \sqrt{3}.
std::string with_braced_roots(const std::string& text) {
  const std::vector<std::string> parts = python_split(text, "\\sqrt", -1);
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].empty()) throw CannotNormalise();
    out += "\\sqrt";
    out += parts[i][0] == '{'
               ? parts[i]
               : "{" + python_substring(parts[i], 0, 1) + "}" + python_substring(parts[i], 1);
  }
  return out;
}

/// \frac12 and \frac1{2} to \frac{1}{2}.
std::string with_braced_fractions(const std::string& text) {
  const std::vector<std::string> parts = python_split(text, "\\frac", -1);
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::u32string part = utf8_decode(parts[i]);
    if (part.empty()) throw CannotNormalise();
    out += "\\frac";
    if (part[0] == U'{') {
      out += parts[i];
      continue;
    }
    if (part.size() < 2) return text;
    const std::string above = utf8_encode(part.substr(0, 1)),
                      below = utf8_encode(part.substr(1, 1));
    out += "{" + above + "}" + (below == "{" ? below : "{" + below + "}") +
           utf8_encode(part.substr(2));
  }
  return out;
}

/// What int(text) says: a number written as str(int) writes it, one written otherwise, or none.
enum class Whole { kPlain, kOther, kNone };

Whole whole_number(const std::string& text) {
  static const PythonRegex plain = PythonRegex::compile("0|-?[1-9][0-9]*");
  if (plain.fullmatch(text)) return Whole::kPlain;
  try {
    python_parse_int(text);
    return Whole::kOther;
  } catch (const PyError& error) {
    return error.type() == "ValueError" ? Whole::kNone : Whole::kOther;
  }
}

/// 3/4 to \frac{3}{4}, where both are whole numbers.
std::string with_fraction_for_slash(const std::string& text, bool lenient) {
  const std::vector<std::string> parts = python_split(text, "/", -1);
  if (parts.size() != 2) return text;
  const Whole above = whole_number(parts[0]), below = whole_number(parts[1]);
  if (above == Whole::kNone || below == Whole::kNone) {
    if (lenient) return text;
    throw CannotNormalise();
  }
  if (above != Whole::kPlain || below != Whole::kPlain) return text;
  return "\\frac{" + parts[0] + "}{" + parts[1] + "}";
}

std::string without_right_units(const std::string& text) {
  const std::vector<std::string> parts = python_split(text, "\\text{ ", -1);
  if (parts.size() > 2) throw CannotNormalise();
  return parts[0];
}

/// One way of writing an answer, in the harness's order. `lenient`: AGIEval's copy of it leaves a/b
/// of other things than numbers alone.
std::string normalised(std::string text, bool lenient) {
  static const std::vector<std::pair<std::string, std::string>> first = {
      {"\n", ""},     {"\\!", ""},     {"\\\\", "\\"},    {"tfrac", "frac"}, {"dfrac", "frac"},
      {"\\left", ""}, {"\\right", ""}, {"^{\\circ}", ""}, {"^\\circ", ""},   {"\\$", ""}};
  for (const auto& [old, with] : first) text = python_replace(text, old, with);
  text = without_right_units(text);
  for (const auto& [old, with] :
       std::vector<std::pair<std::string, std::string>>{{"\\%", ""}, {" .", " 0."}, {"{.", "{0."}})
    text = python_replace(text, old, with);
  if (text.empty()) return text;
  if (text[0] == '.') text = "0" + text;
  const std::vector<std::string> sides = python_split(text, "=", -1);
  if (sides.size() == 2 && utf8_length(sides[0]) <= 2) text = sides[1];
  text = with_braced_fractions(python_replace(with_braced_roots(text), " ", ""));
  if (text == "0.5") text = "\\frac{1}{2}";
  return with_fraction_for_slash(text, lenient);
}

bool equivalent(const std::string& a, const std::string& b, bool lenient) {
  try {
    return normalised(a, lenient) == normalised(b, lenient);
  } catch (const CannotNormalise&) {
    return a == b;
  }
}

/// What stands between the first and the last $, or all of it.
std::string between_dollars(const std::string& text) {
  const std::size_t first = text.find('$'), last = text.rfind('$');
  return first == last ? text : text.substr(first + 1, last - first - 1);
}

std::string solution_answer(const std::string& solution) {
  const auto answer = unboxed(last_boxed(solution, true), true);
  if (!answer) throw UserError("a solution of MATH has no \\boxed answer");
  return *answer;
}

MetricValues math_score(const PyValue& doc, const NativeResults& results) {
  const std::string answer = between_dollars(results.filtered.str());
  const bool right = equivalent(answer, solution_answer(text_column(doc, "solution")), false);
  return {{"exact_match", {right ? 1.0 : 0.0}}};
}

MetricValues aime_score(const PyValue& doc, const NativeResults& results) {
  const std::string response = results.filtered.str();
  const auto boxed = unboxed(last_boxed(response, true), true);
  const std::string answer = boxed ? *boxed : between_dollars(response);
  for (const auto& [name, value] : doc.dict()) {
    if (python_lower(name.str()) != "answer") continue;
    return {{"exact_match", {equivalent(answer, value.str(), false) ? 1.0 : 0.0}}};
  }
  throw UserError("a document of AIME lacks the column answer");
}

std::string after_last_equals(const std::string& text) {
  const std::size_t at = text.rfind('=');
  return at == std::string::npos ? text : python_lstrip(text.substr(at + 1), " ");
}

std::optional<std::string> last_found(const PythonRegex& pattern, const std::string& text) {
  const std::vector<std::vector<std::string>> found = pattern.findall(text);
  if (found.empty()) return std::nullopt;
  return found.back()[0];
}

/// AGIEval looks for an answer in a box, between $, after the last =, or takes the last number.
std::optional<std::string> agieval_answer(const std::string& text) {
  static const PythonRegex dollars = PythonRegex::compile(R"(\$(.*)\$)"),
                           number = PythonRegex::compile(R"((?:\$)?\d+(?:\.\d+)?(?![\w\d]))");
  if (text.find("\\boxed") != std::string::npos) {
    const auto boxed = unboxed(last_boxed(text, false), false);
    return boxed ? std::optional(after_last_equals(*boxed)) : std::nullopt;
  }
  const auto marked = last_found(dollars, text);
  const std::string in_dollars = marked ? after_last_equals(*marked) : "";
  if (!in_dollars.empty()) return in_dollars;
  if (text.find('=') == std::string::npos) return last_found(number, text);
  return python_split(python_rstrip(after_last_equals(text), "."), "\\n", -1)[0];
}

MetricValues agieval_score(const PyValue& doc, const NativeResults& results) {
  const auto answer = agieval_answer(results.filtered.str());
  const auto gold = agieval_answer(column(doc, "answer").str());
  const bool right = answer && gold ? equivalent(*answer, *gold, true) : answer == gold;
  return {{"acc", {right ? 1.0 : 0.0}}};
}

/// A number as Python prints it, whole ones without a point; other texts as they are.
std::string plain_number(const std::string& text) {
  const std::string stripped = python_strip(text);
  double number = 0;
  try {
    number = python_parse_float(stripped);
  } catch (const PyError&) {
    return stripped;
  }
  if (!std::isfinite(number) || number != std::trunc(number)) return python_float_repr(number);
  char digits[400];  // up to the largest double's 309
  std::snprintf(digits, sizeof digits, "%.0f", number == 0 ? 0.0 : number);
  return digits;
}

/// HRM8K: AGIEval's rules, and numbers in one form.
MetricValues hrm8k_score(const PyValue& doc, const NativeResults& results) {
  const auto answer = agieval_answer(results.filtered.str());
  const auto gold = agieval_answer(plain_number(column(doc, "answer").str()));
  bool right = answer == gold;
  if (answer && gold) {
    try {
      right = plain_number(normalised(*answer, true)) == normalised(*gold, true);
    } catch (const CannotNormalise&) {
    }
  }
  return {{"exact_match", {right ? 1.0 : 0.0}}};
}

struct Hrm8kWording {
  const char *folder, *question, *task, *box, *choice_box, *before, *after;
};

constexpr Hrm8kWording kHrm8kWordings[] = {
    {"default", "question", "주어진 문제를 풀어보세요.\n",
     "문제를 푼 후, 최종 답변을 다음과 같은 형식으로 작성하세요: $\\boxed{N}$.\n\n",
     "문제를 푼 후, 주어진 선택지 (1, 2, 3, 4) 중 최종 선택지를 다음 형식으로 작성하세요: "
     "$\\boxed{N}$.\n\n",
     "문제: ", "\n답변:"},
    {"en", "original", "Solve the given question.\n",
     "After solving the problem, state your final answer in the following format: "
     "$\\boxed{N}$.\n\n",
     "After solving the problem, state your final choice among the choices (1, 2, 3, 4) in the "
     "following format: $\\boxed{N}$.\n\n",
     "Question: ", "\nAnswer:"}};

DocFunction hrm8k_prompt(const Hrm8kWording& words, bool choices) {
  const std::string head = std::string(words.task) + (choices ? words.choice_box : words.box);
  return [head, &words](const PyValue& doc) {
    return PyValue(head + words.before + python_strip(text_column(doc, words.question)) +
                   words.after);
  };
}

void add_hrm8k(NativeFunctions& all) {
  for (const Hrm8kWording& words : kHrm8kWordings) {
    const std::string module = std::string("hrm8k/") + words.folder + "/utils.";
    all.doc_values[module + "doc_to_text"] = hrm8k_prompt(words, false);
    all.doc_values[module + "doc_to_text_mmmlu"] = hrm8k_prompt(words, true);
    all.doc_values[module + "doc_to_target"] = [](const PyValue& doc) {
      return PyValue(plain_number(column(doc, "answer").str()));
    };
    all.process_results[module + "process_results"] = hrm8k_score;
  }
}

Json with_answer(const Json& row) {
  Json out = Json::object();
  out["answer"] = solution_answer(text_of_row(row, "solution"));
  return out;
}

}  // namespace

void add_competition_math(NativeFunctions& all) {
  all.process_docs["hendrycks_math/utils.process_docs"] = mapped_rows(with_answer);
  all.process_results["hendrycks_math/utils.process_results"] = math_score;
  all.process_results["aime/utils.process_results"] = aime_score;
  all.process_results["agieval/utils.process_results"] = agieval_score;
  add_hrm8k(all);
}

}  // namespace flm
