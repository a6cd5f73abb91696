#include "bench/result_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "bench/machine.h"

namespace flm::bench {
namespace {

constexpr std::string_view kCeiling = "ceiling/";

double seconds_in(const std::string& unit) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  return unit == "ms" ? 1e-3 : 1;
}

ResultRow& row_named(ResultFile& file, const std::string& name) {
  for (ResultRow& row : file.rows)
    if (row.name == name) return row;
  file.rows.emplace_back();
  file.rows.back().name = name;
  return file.rows.back();
}

void add_run(ResultFile& file, const Json& run) {
  if (run.value("run_type", std::string("iteration")) != "iteration") return;  // an aggregate
  ResultRow& row = row_named(file, plain_name(run.at("name").get<std::string>()));
  row.label = run.value("label", row.label);
  row.repro = run.value("repro", row.repro);
  if (run.value("error_occurred", false)) {
    row.error = run.value("error_message", std::string("failed"));
    row.seconds.clear();
    row.least.clear();
    return;
  }
  if (!row.error.empty()) return;  // one bad repetition spoils the row
  row.seconds.push_back(run.at("real_time").get<double>() *
                        seconds_in(run.value("time_unit", std::string("ns"))));
  if (run.contains("min_us")) row.least.push_back(run.at("min_us").get<double>() * 1e-6);
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

std::string busy_note(const ResultFile& file) {
  const auto load = file.context.find("load_average_at_start"), cores = file.context.find("cores");
  if (load == file.context.end() || cores == file.context.end()) return "";
  return busy_note(load->second, std::atoi(cores->second.c_str()));
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
    for (const Json& run : document.at("benchmarks")) add_run(file, run);
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

std::map<std::string, double> stored_ceilings(const ResultFile& file) {
  std::map<std::string, double> ceilings;
  for (const auto& [key, value] : file.context)
    if (key.starts_with(kCeiling)) ceilings[key.substr(kCeiling.size())] = std::stod(value);
  return ceilings;
}

}  // namespace flm::bench
