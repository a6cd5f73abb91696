#include "reports/store/record_rows.h"

#include <iterator>
#include <nlohmann/json.hpp>

#include "reports/store/record_json.h"
#include "reports/store/stored_json.h"

namespace flm {
namespace {

/// The fields of a run in the order of kRunColumns, for reading and writing.
constexpr std::string RunRecord::*kRunTexts[] = {&RunRecord::id,
                                                 &RunRecord::name,
                                                 &RunRecord::created,
                                                 &RunRecord::status,
                                                 &RunRecord::model,
                                                 &RunRecord::options_json,
                                                 &RunRecord::fingerprint,
                                                 &RunRecord::weights_hash,
                                                 &RunRecord::tokenizer_hash,
                                                 &RunRecord::protocol_hash,
                                                 &RunRecord::numerics,
                                                 &RunRecord::numerics_hash,
                                                 &RunRecord::engine_json,
                                                 &RunRecord::environment_json,
                                                 &RunRecord::cost_json,
                                                 &RunRecord::groups_json};
static_assert(std::size(kRunTexts) == count_of_columns(kRunColumns));

/// What of a task others read as JSON without asking again.
void check_task(const TaskRecord& task, const std::string& place) {
  for (const std::string* text : {&task.task, &task.alias, &task.output_type, &task.data_hash,
                                  &task.spec_hash, &task.prompts_hash})
    require_stored_text(*text, "a text of a task", place);
  const std::string of = task.task + ", " + place;
  if (!task.version_json.empty()) stored_json(task.version_json, "the version", of);
  if (task.config_json.empty()) return;
  read_stored(task.config_json, "the task file's keys", of,
              [](const Json& config) { config.get_ref<const Json::object_t&>(); });
}

}  // namespace

RunRecord read_run(SqliteStatement& row, const std::string& store) {
  RunRecord r;
  r.store = store;
  for (const auto field : kRunTexts) r.*field = row.text();
  return r;
}

void write_run(SqliteStatement& put, const RunRecord& r) {
  for (const auto field : kRunTexts) put.bind(r.*field);
  put.run();
}

TaskRecord read_task(SqliteStatement& row, const std::string& place) {
  TaskRecord t;
  for (std::string* field : {&t.task, &t.alias, &t.version_json, &t.config_json, &t.output_type})
    *field = row.text();
  t.num_fewshot = static_cast<int>(row.integer());
  t.docs_total = row.integer();
  t.docs_chosen = row.integer();
  for (std::string* field : {&t.data_hash, &t.spec_hash, &t.prompts_hash}) *field = row.text();
  t.builtin_sample = row.integer() != 0;
  t.metrics = decode_metrics(row.text(), place);
  check_task(t, place);
  return t;
}

void write_task(SqliteStatement& put, const TaskRecord& t) {
  put.bind(t.task).bind(t.alias).bind(t.version_json).bind(t.config_json).bind(t.output_type);
  put.bind(std::int64_t{t.num_fewshot}).bind(t.docs_total).bind(t.docs_chosen);
  put.bind(t.data_hash).bind(t.spec_hash).bind(t.prompts_hash);
  put.bind(std::int64_t{t.builtin_sample}).bind(encode_metrics(t.metrics));
  put.run();
}

SampleRecord read_sample(SqliteStatement& row, const TextFields& fields, TextsReader& texts,
                         const std::shared_ptr<const std::string>& place) {
  SampleRecord s;
  s.place = place;
  s.task = row.text();
  s.filter_index = static_cast<int>(row.integer());
  s.doc_id = row.integer();
  for (std::string* field : {&s.filter, &s.status, &s.message, &s.doc_hash, &s.prompt_hash,
                             &s.target_hash, &s.cluster}) {
    *field = row.text();
  }
  for (const std::string* text : {&s.task, &s.filter, &s.status, &s.message, &s.doc_hash,
                                  &s.prompt_hash, &s.target_hash, &s.cluster})
    require_stored_text(*text, "a text of a document", *place);
  s.values = decode_values(row.text(), *place, &s.reference);
  for (const auto field : fields) s.*field = texts.text(row, *place);
  require_stored_text(s.target, "the target of a document", *place);
  return s;
}

void write_sample(SqliteStatement& put, const SampleRecord& s, TextsWriter& texts) {
  put.bind(s.task).bind(std::int64_t{s.filter_index}).bind(s.doc_id);
  put.bind(s.filter).bind(s.status).bind(s.message);
  put.bind(s.doc_hash).bind(s.prompt_hash).bind(s.target_hash).bind(s.cluster);
  put.bind(encode_values(s.values, s.reference)).bind(s.target);
  texts.bind(put, s.doc_json);
  texts.bind(put, s.arguments_json);
  put.bind(s.resps_json).bind(s.filtered_json).run();
}

}  // namespace flm
