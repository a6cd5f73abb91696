#include "tests/reports/track/made_series.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/store/record_json.h"

namespace flm {
namespace {

constexpr const char* kMetric = "bpb@ctx256/stride128/prefix2/doc";

TaskRecord task_of(const std::string& domain, std::size_t documents, const std::string& data) {
  TaskRecord task;
  task.task = "bpb_" + domain;
  task.alias = domain;
  task.version_json = "1.0";
  task.config_json = "{}";
  task.output_type = "loglikelihood_rolling";
  task.docs_total = task.docs_chosen = static_cast<std::int64_t>(documents);
  task.data_hash = data;
  task.spec_hash = "spec";
  task.metrics = {{"none", kMetric, "bpb", false}};
  return task;
}

SampleRecord sample_of(const TaskRecord& task, int document, int doc_id, const MadeDocument& made) {
  SampleRecord sample;
  sample.task = task.task;
  sample.doc_id = doc_id;
  sample.filter = "none";
  sample.doc_hash = task.task + " document " + std::to_string(document);
  sample.prompt_hash = sample.target_hash = "hash";
  sample.cluster = task.task;
  if (made.failure.empty()) {
    sample.values = {{kMetric, {made.nats, made.bytes, made.tokens}}};
  } else {
    sample.status = "error";
    sample.message = made.failure;
  }
  return sample;
}

void put_run(Store& store, const RunRecord& run, const MadeCheckpoint& made,
             const MadeDomains& domains) {
  int position = 0;
  for (const auto& [domain, documents] : domains) {
    const TaskRecord task = task_of(domain, documents.size(), made.data);
    store.put_task(run.id, position++, task);
    for (std::size_t d = 0; d < documents.size(); ++d) {
      const int at = static_cast<int>(d);
      store.put_sample(run.id, sample_of(task, at, at + made.first_doc_id, documents[d]));
    }
  }
  store.begin_run(run);
}

RunRecord run_of(const std::string& series, const MadeCheckpoint& made,
                 const MadeDomains& domains) {
  RunRecord run;
  run.id = made.run.empty() ? "run-" + series + "-" + std::to_string(made.step) : made.run;
  run.name = series + "@" + std::to_string(made.step);
  run.created = made.created;
  run.status = "done";
  run.weights_hash =
      made.weights.empty() ? "weights of step " + std::to_string(made.step) : made.weights;
  run.protocol_hash = made.protocol;
  run.numerics = run.numerics_hash = made.numerics;
  run.options_json = run.environment_json = run.cost_json = "{}";
  run.engine_json = compact_json(Json{{"hidden", made.hidden}, {"parameters", made.parameters}});
  GroupRecord group{"bpb", "bpb", "1.0", {}, {}, {}, {}};
  for (const auto& [domain, documents] : domains) group.children.push_back("bpb_" + domain);
  group.leaves = group.children;
  run.groups_json = encode_groups({group});
  return run;
}

}  // namespace

MadeStore::MadeStore() : store_(Store::open(folder_ / "runs.db")) {}

void MadeStore::add(const std::string& series, const MadeCheckpoint& made,
                    const MadeDomains& domains) {
  PointRecord point;
  point.series = series;
  point.checkpoint = "step_" + std::to_string(made.step);
  point.path = (made.folder.empty() ? "/models/" + series : made.folder) + "/" + point.checkpoint;
  point.layout = "hf";
  point.step = made.step;
  point.tokens = made.tokens;
  point.tokens_source = made.tokens.empty() ? "" : "checkpoint";
  point.flops = made.flops;
  point.flops_source = made.flops.empty() ? "" : "trainer";
  point.state = made.state;
  point.reason = made.reason;
  point.written = made.written.empty() ? std::to_string(made.step) : made.written;
  point.noted = made.created;
  if (made.state == "scored") {
    const RunRecord run = run_of(series, made, domains);
    point.run = run.id;
    point.weights_hash = run.weights_hash;
    put_run(*store_, run, made, domains);
  }
  store_->put_point(point);
  store_->commit();
}

}  // namespace flm
