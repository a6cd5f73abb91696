#include "datasets/sources/known_kwargs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "base/text/nearest_name.h"
#include "base/text/printable.h"

namespace flm {
namespace {

/// Read by named_files and by the formats' tables.
const std::vector<std::string> kFollowed = {"data_files", "data_dir",     "sep",
                                            "delimiter",  "column_names", "names",
                                            "field",      "sample_by",    "keep_linebreaks"};

/// Where and how the library fetches, keeps and shares out what it reads.
const std::set<std::string_view> kWithoutEffect = {"trust_remote_code",
                                                   "streaming",
                                                   "cache_dir",
                                                   "num_proc",
                                                   "token",
                                                   "use_auth_token",
                                                   "download_mode",
                                                   "verification_mode",
                                                   "keep_in_memory",
                                                   "ignore_verifications",
                                                   "save_infos",
                                                   "storage_options",
                                                   "download_config",
                                                   "chunksize",
                                                   "batch_size",
                                                   "low_memory",
                                                   "memory_map"};

/// Options of pandas' read_csv and of the library with the value that is the rule here.
struct Neutral {
  std::string_view key;
  const char* value;  // JSON
};
constexpr Neutral kNeutral[] = {{"encoding", "null"},
                                {"encoding", "\"utf-8\""},
                                {"encoding", "\"utf8\""},
                                {"encoding", "\"utf-8-sig\""},
                                {"encoding_errors", "\"strict\""},
                                {"header", "\"infer\""},
                                {"quotechar", "\"\\\"\""},
                                {"quoting", "0"},
                                {"doublequote", "true"},
                                {"na_filter", "true"},
                                {"keep_default_na", "true"},
                                {"skip_blank_lines", "true"},
                                {"skipinitialspace", "false"},
                                {"skiprows", "null"},
                                {"skiprows", "0"},
                                {"skipfooter", "0"},
                                {"on_bad_lines", "\"error\""},
                                {"revision", "null"},
                                {"revision", "\"main\""}};

/// What the library's readers of csv, json, text, parquet and arrow take beside the followed keys,
/// where it bears on the rows.
const std::set<std::string_view> kReaderOptions = {
    "header",           "index_col",        "usecols",          "prefix",
    "mangle_dupe_cols", "engine",           "converters",       "true_values",
    "false_values",     "skipinitialspace", "skiprows",         "nrows",
    "na_values",        "keep_default_na",  "na_filter",        "thousands",
    "decimal",          "lineterminator",   "skip_blank_lines", "quotechar",
    "quoting",          "escapechar",       "comment",          "encoding",
    "encoding_errors",  "dialect",          "error_bad_lines",  "on_bad_lines",
    "skipfooter",       "doublequote",      "float_precision",  "date_format",
    "on_mixed_types",   "columns",          "filters",          "parse_agent_traces"};

bool changes_nothing(const std::string& key, const Json& value) {
  bool has_neutral = false;
  for (const Neutral& one : kNeutral) {
    if (one.key != key) continue;
    has_neutral = true;
    if (value == Json::parse(one.value)) return true;
  }
  return !has_neutral && (kWithoutEffect.contains(key) || value.is_null());
}

}  // namespace

void check_dataset_kwargs(const Json& kwargs, const std::string& where) {
  if (!kwargs.is_object())
    throw UserError(where + " must be a map of names and values: " + kwargs.dump());
  for (const auto& [key, value] : kwargs.items()) {
    if (std::find(kFollowed.begin(), kFollowed.end(), key) != kFollowed.end()) continue;
    if (changes_nothing(key, value)) continue;
    const std::string near = nearest_name(key, kFollowed);
    throw UserError(where + ": " + key + " is not followed and may change the rows; " +
                    (near.empty() ? "change the file and drop it" : "did you mean " + near + "?") +
                    " (value: " + printable(compact_json(value)) + ")");
  }
}

bool is_reader_option(const std::string& key) {
  const bool names_files = key == "data_files" || key == "data_dir";
  const bool followed = std::find(kFollowed.begin(), kFollowed.end(), key) != kFollowed.end();
  return kReaderOptions.contains(key) || (followed && !names_files);
}

}  // namespace flm
