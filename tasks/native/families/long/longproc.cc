// LongProc: long answers that follow a procedure. Whether all of it is right, and how much of its
// beginning. What compiles and runs C++ has no twin here.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/procedures.h"
#include "tasks/native/squad_text.h"
#include "tasks/native/whole_numbers.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using Lines = std::vector<std::string>;

Lines lines_between(const std::string& text) { return python_split(text, "\n", -1); }

/// How many lines are equal from the beginning.
std::size_t equal_lines(const Lines& a, const Lines& b) {
  const std::size_t both = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(both), b.begin()).first -
      a.begin());
}

double share(double part, std::size_t all) { return part / static_cast<double>(all); }

MetricValues route_scores(const PyValue& doc, const NativeResults& results) {
  const std::string gold = python_strip(text_column(doc, "reference_output"));
  const auto route = tagged_part(results.filtered.str(), "Route");
  if (!route) return procedure_scores(0, 0, 0);
  if (*route == gold) return procedure_scores(1, 1, 1);
  const Lines wanted = lines_between(gold);
  const std::size_t equal = equal_lines(wanted, lines_between(*route));
  const double partial =
      equal < wanted.size() ? share(static_cast<double>(equal) + 1, wanted.size()) : 1;
  return procedure_scores(0, partial, 1);
}

/// Who believes what, without the words that carry nothing.
std::string belief(const std::string& line) {
  static const PythonRegex empty_words = PythonRegex::compile(
      R"(\b(a|an|the|on|in|at|the|step|thinks|think|believes|believe|is|are|of|location|know|knows|belief)\b)");
  const std::string text = without_punctuation(python_lower(python_strip(line.substr(1))));
  return python_join(" ", python_split(empty_words.sub(" ", python_replace(text, "\u2019", ""))));
}

/// Of the lines of a list; one that is indented counts only where it is the first.
Lines beliefs(const std::string& text) {
  Lines marked;
  for (const std::string& line : python_splitlines(text))
    if (python_strip(line).starts_with("-")) marked.push_back(line);
  Lines out;
  for (const std::string& line : lines_between(python_strip(python_join("\n", marked)))) {
    if (!line.starts_with("-")) continue;
    if (std::string one = belief(line); !one.empty()) out.push_back(std::move(one));
  }
  return out;
}

MetricValues belief_scores(const PyValue& doc, const NativeResults& results) {
  const Lines said = beliefs(results.filtered.str()),
              gold = beliefs(text_column(doc, "reference_output"));
  if (said == gold) return procedure_scores(1, 1, 1);
  if (gold.empty()) return procedure_scores(0, 0, 1);
  return procedure_scores(0, share(static_cast<double>(equal_lines(said, gold)), gold.size()), 1);
}

/// A whole number of a travel plan; one of very many digits is no day that any plan has.
std::int64_t day_number(const std::string& digits) {
  constexpr std::size_t kMostDigits = 15;
  const std::string text = whole_number_text(digits).value_or("0");
  return text.size() > kMostDigits ? std::int64_t{1} << 50 : std::stoll(text);
}

struct Flight {
  std::int64_t day;
  std::string from, to;
};

struct Stay {
  std::string city;
  std::int64_t days;
};

/// From the days of the flights and the last day of the last visit.
std::vector<Stay> stays_between(const std::vector<Flight>& flights, std::int64_t last_day) {
  std::vector<Stay> stays;
  std::int64_t arrival = 1;
  for (const Flight& flight : flights) {
    stays.push_back(
        {stays.empty() ? flight.from : flights[stays.size() - 1].to, flight.day - arrival + 1});
    arrival = flight.day;
  }
  stays.push_back({flights.back().to, last_day - arrival + 1});
  return stays;
}

std::vector<Stay> stays_of_plan(const std::string& plan) {
  static const PythonRegex visit = PythonRegex::compile(R"((\d+)-(\d+))"),
                           flown = PythonRegex::compile(R"(.*Day (\d+).*from (\w+) to (\w+))"),
                           total = PythonRegex::compile(R"(European cities for (\d+) days)");
  std::optional<std::int64_t> total_days, last_day;
  std::vector<Flight> flights;
  for (const std::string& line : lines_between(plan)) {
    if (const auto found = total.search(line)) total_days = day_number(*found->groups[1]);
    if (const auto found = visit.search(line)) {
      last_day = day_number(*found->groups[2]);
      if (last_day == total_days) break;
    }
    if (const auto found = flown.search(line))
      flights.push_back({day_number(*found->groups[1]), *found->groups[2], *found->groups[3]});
  }
  if (!last_day || flights.empty()) return {};
  return stays_between(flights, *last_day);
}

/// "a**b**c" without empty parts.
Lines starred(const PyValue& metadata, const std::string& name) {
  Lines parts = python_split(text_column(metadata, name), "**", -1);
  std::erase(parts, "");
  if (parts.empty()) throw UserError("metadata.ground_truth of a travel plan is empty");
  return parts;
}

bool right_plan(const PyValue& metadata, const std::string& plan) {
  const Lines cities = starred(metadata, "ground_truth_cities"),
              days = starred(metadata, "ground_truth_durations");
  const std::vector<Stay> stays = stays_of_plan(plan);
  if (stays.size() < cities.size()) return false;
  for (std::size_t i = 0; i < cities.size(); ++i) {
    if (cities[i] != stays[i].city) return false;
    if (python_parse_int(days.at(i)) != stays[i].days) return false;
  }
  return true;
}

Lines travel_lines(const std::string& text) {
  Lines lines;
  for (const std::string& line : lines_between(text))
    if (!python_strip(line).empty()) lines.push_back(squad_normalised(line));
  return lines;
}

/// How far the procedure's lines hold the reference's, one by one.
double travel_progress(const std::string& said, const std::string& reference) {
  static const std::string mark = "<Solving Procedure>",
                           end = "Output the plan in the required format:";
  const auto procedure = [](const std::string& text) {
    return mark + python_split(python_replace(text, end, ""), mark, -1).at(1);
  };
  const bool has_mark = python_replace(said, end, "").find(mark) != std::string::npos;
  const Lines wanted = travel_lines(procedure(reference)),
              given = travel_lines(has_mark ? procedure(said) : python_replace(said, end, ""));
  const std::size_t both = std::min(wanted.size(), given.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (given[i].find(wanted[i]) == std::string::npos)
      return share(static_cast<double>(i), wanted.size());
  }
  return both == 0 ? 0 : share(static_cast<double>(both - 1), wanted.size());
}

MetricValues travel_scores(const PyValue& doc, const NativeResults& results) {
  const std::string said = results.filtered.str();
  const PyValue& metadata = column(doc, "metadata_parsed");
  const auto plan = tagged_part(said, "Plan");
  const double extracted = plan ? 1 : 0;
  if (plan && right_plan(metadata, *plan)) return procedure_scores(1, 1, extracted);
  return procedure_scores(0, travel_progress(said, text_column(doc, "reference_output")),
                          extracted);
}

Json with_parsed_metadata(const Json& row) {
  return {{"metadata_parsed", parse_json(text_of_row(row, "metadata"), "the column metadata")}};
}

}  // namespace

void add_longproc(NativeFunctions& all) {
  all.process_docs["longproc/utils.process_docs"] = mapped_rows(with_parsed_metadata);
  const std::string process = "longproc/metrics.process_results_";
  all.process_results[process + "path_traversal"] = route_scores;
  all.process_results[process + "tom_tracking"] = belief_scores;
  all.process_results[process + "travel_planning"] = travel_scores;
}

}  // namespace flm
