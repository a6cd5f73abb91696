#include "bench/results/result_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/printable.h"

namespace flm::bench {
namespace {

constexpr std::string_view kCeiling = "ceiling/";
constexpr std::size_t kMostRepetitions = 100;  // of flmeval bench; a test of more takes too long

/// Of Google Benchmark, which writes no other.
double seconds_in(const std::string& unit) {
  for (const auto& [name, seconds] :
       {std::pair{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1.0}})
    if (unit == name) return seconds;
  throw UserError("time_unit is none of ns, us, ms and s: " + printable(unit));
}

/// Rows by their names, in the order in which these first appear.
class RowsByName {
 public:
  explicit RowsByName(std::vector<ResultRow>& rows) : rows_(rows) {}

  ResultRow& row(const std::string& name) {
    const auto [place, fresh] = places_.try_emplace(name, rows_.size());
    if (fresh) rows_.emplace_back().name = name;
    return rows_[place->second];
  }

 private:
  std::vector<ResultRow>& rows_;
  std::map<std::string, std::size_t> places_;
};

/// A time of which medians and ratios can be made.
double seconds_at(const Json& run, const char* key, double unit) {
  const double seconds = run.at(key).get<double>() * unit;
  if (!(seconds > 0) || !std::isfinite(seconds))
    throw UserError("a time that is no number above 0, " + std::string(key) + " of " +
                    printable(run.at("name").get<std::string>()) + ": " + run.at(key).dump());
  return seconds;
}

void add_run(RowsByName& rows, const Json& run) {
  if (run.value("run_type", std::string("iteration")) != "iteration") return;  // an aggregate
  ResultRow& row = rows.row(plain_name(run.at("name").get<std::string>()));
  row.label = run.value("label", row.label);
  row.repro = run.value("repro", row.repro);
  if (run.value("error_occurred", false)) {
    row.error = run.value("error_message", std::string("failed"));
    row.seconds.clear();
    row.least.clear();
    return;
  }
  if (!row.error.empty()) return;  // one bad repetition spoils the row
  if (row.seconds.size() == kMostRepetitions)
    throw UserError("more repetitions of a row than " + std::to_string(kMostRepetitions) + ": " +
                    printable(row.name));
  row.seconds.push_back(
      seconds_at(run, "real_time", seconds_in(run.value("time_unit", std::string("ns")))));
  if (run.contains("min_us")) row.least.push_back(seconds_at(run, "min_us", 1e-6));
  for (const auto& [key, value] : run.items())
    if (value.is_number()) row.counters[key] = value.get<double>();
}

}  // namespace

const ResultRow* ResultFile::find(const std::string& name) const {
  for (const ResultRow& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

std::string plain_name(const std::string& name) {
  return name.substr(0, name.find("/iterations:"));
}

bool is_skipped(const ResultRow& row) { return row.error.starts_with("skipped"); }

bool has_failures(const ResultFile& file) {
  return std::any_of(file.rows.begin(), file.rows.end(),
                     [](const ResultRow& row) { return !row.error.empty() && !is_skipped(row); });
}

std::size_t count_of_wide(const ResultFile& file) {
  return static_cast<std::size_t>(
      std::count_if(file.rows.begin(), file.rows.end(), [](const ResultRow& row) {
        const auto capped = row.counters.find("capped");
        return !row.seconds.empty() && capped != row.counters.end() && capped->second != 0;
      }));
}

ResultFile parse_results(const std::string& json, const std::string& origin) {
  const Json document = parse_json(json, origin);
  if (!document.is_object() || !document.contains("context") || !document.contains("benchmarks"))
    throw UserError("no result of flmeval bench run (keys context and benchmarks): " + origin);
  ResultFile file;
  file.origin = origin;
  try {
    for (const auto& [key, value] : document.at("context").items())
      if (value.is_string()) file.context[key] = value.get<std::string>();
    RowsByName rows(file.rows);
    for (const Json& run : document.at("benchmarks")) add_run(rows, run);
  } catch (const UserError& error) {
    throw UserError(std::string(error.what()) + "; measure again: " + origin);
  } catch (const Json::exception& error) {
    throw UserError("not in Google Benchmark's JSON form (" + std::string(error.what()) +
                    "): " + origin);
  }
  return file;
}

ResultFile read_results(const std::string& path) {
  const bool folder = std::filesystem::is_directory(path);
  const std::string file = folder ? path + "/results.json" : path;
  return parse_results(read_file(file), file);
}

namespace {

double rate_of(const std::string& text, const std::string& name, const std::string& origin) {
  double rate = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, rate);
  if (read.ec != std::errc() || read.ptr != end || !(rate > 0) || !std::isfinite(rate))
    throw UserError(printable(name) + " is no number above 0; measure again: " + printable(text) +
                    " in " + origin);
  return rate;
}

}  // namespace

std::map<std::string, double> stored_ceilings(const ResultFile& file) {
  std::map<std::string, double> ceilings;
  for (const auto& [key, value] : file.context)
    if (key.starts_with(kCeiling))
      ceilings[key.substr(kCeiling.size())] = rate_of(value, key, file.origin);
  return ceilings;
}

}  // namespace flm::bench
