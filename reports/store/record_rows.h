// How the records of a run lie in the rows of its store: columns, and what reads and writes them.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reports/store/record.h"
#include "reports/store/sqlite.h"
#include "reports/store/texts_table.h"

namespace flm {

inline constexpr const char* kRunColumns =
    "id, name, created, status, model, options, fingerprint, weights_hash, tokenizer_hash, "
    "protocol_hash, numerics, numerics_hash, engine, environment, cost, groups";
inline constexpr const char* kTaskColumns =
    "task, alias, version, config, output_type, num_fewshot, docs_total, docs_chosen, data_hash, "
    "spec_hash, prompts_hash, builtin_sample, metrics";
inline constexpr const char* kValueColumns =
    "task, filter_index, doc_id, filter, status, message, doc_hash, prompt_hash, target_hash, "
    "cluster, \"values\"";
inline constexpr const char* kTextColumns = ", target, doc, arguments, resps, filtered";
inline constexpr const char* kAnswerColumns = ", target, resps";

constexpr std::size_t count_of_columns(std::string_view columns) {
  return 1 + static_cast<std::size_t>(std::count(columns.begin(), columns.end(), ','));
}

/// The columns in their order; `store`: the file. UserError names the place of what is not as
/// flmeval writes it.
RunRecord read_run(SqliteStatement& row, const std::string& store);
TaskRecord read_task(SqliteStatement& row, const std::string& place);

using TextFields = std::vector<std::string SampleRecord::*>;
/// `fields`: those behind the values, in the order of the columns.
SampleRecord read_sample(SqliteStatement& row, const TextFields& fields, TextsReader& texts,
                         const std::shared_ptr<const std::string>& place);

/// Binds the columns in their order, behind what is bound already, and runs the statement.
void write_run(SqliteStatement& put, const RunRecord& run);
void write_task(SqliteStatement& put, const TaskRecord& task);
void write_sample(SqliteStatement& put, const SampleRecord& sample, TextsWriter& texts);

}  // namespace flm
