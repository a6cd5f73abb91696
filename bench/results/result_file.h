// Results as Google Benchmark's JSON carries them: what every view and comparison reads.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace flm::bench {

struct ResultRow {
  std::string name;                        // Row::name()
  std::vector<double> seconds;             // median of each repetition; empty: not PASSED
  std::vector<double> least;               // fastest sample of each repetition, where stored
  std::string error;                       // INVALID: ..., INCORRECT: ..., skipped: ...
  std::string label;                       // how it was measured
  std::string repro;                       // the command that runs it alone
  std::map<std::string, double> counters;  // of the last repetition
};

using Facts = std::map<std::string, std::string>;

struct ResultFile {
  std::string origin;  // path, for messages
  Facts context;
  std::vector<ResultRow> rows;

  const ResultRow* find(const std::string& name) const;
};

/// UserError when the text is no strict JSON or not a result of `flmeval bench run`, with a time
/// that is none, or with more repetitions than that makes.
ResultFile parse_results(const std::string& json, const std::string& origin);
/// Of a folder of `--output` the results.json in it.
ResultFile read_results(const std::string& path);

/// Row name without what Google Benchmark adds ("/iterations:1/repeats:10/manual_time").
std::string plain_name(const std::string& name);
bool is_skipped(const ResultRow& row);
/// A row without a time that was not skipped: exit code 1.
bool has_failures(const ResultFile& file);

/// Rows whose interval was still wide when their wall time was over.
std::size_t count_of_wide(const ResultFile& file);

/// Measured ceilings stored in the context. UserError for one that is no rate.
std::map<std::string, double> stored_ceilings(const ResultFile& file);

}  // namespace flm::bench
