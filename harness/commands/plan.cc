#include <sys/statvfs.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/clock.h"
#include "base/system/terminal_size.h"
#include "engine/scaling.h"
#include "harness/commands/commands.h"
#include "harness/commands/plan_page.h"
#include "harness/model/model_access.h"
#include "harness/plan/plan_cost.h"
#include "harness/plan/protocol.h"
#include "harness/plan/render.h"
#include "harness/plan/tokenize.h"
#include "harness/process/exit_code.h"
#include "harness/terminal/jsonl.h"
#include "reports/figures/wrapped_text.h"

namespace flm {
namespace {

/// Bytes that the store and the sample files will take, about: documents, prompts and responses.
double bytes_to_write(const RunPlan& plan) {
  double bytes = 0;
  for (const PlannedTask& task : plan.tasks) {
    for (const PlannedItem& item : task.items) {
      bytes += 1000 + 2.0 * static_cast<double>(item.item.doc_json.size());
      for (const TaskRequest& request : item.item.requests) {
        bytes += static_cast<double>(request.context.size() + request.continuation.size());
      }
    }
  }
  for (const ScoreRequest& request : plan.scores) {
    bytes += 100 + 8.0 * static_cast<double>(request.tokens.size() -
                                             static_cast<std::size_t>(request.first_scored));
  }
  for (const GenerateRequest& request : plan.generations)
    bytes += 100 + 20.0 * request.max_new_tokens;
  return bytes;
}

double free_bytes(const std::string& store) {
  const auto folder = std::filesystem::absolute(store).parent_path();
  struct statvfs status {};
  if (statvfs(folder.c_str(), &status) != 0)
    throw UserError("--store: its folder is not there; make it: " + folder.string());
  return static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
}

/// Of two scores near one half over other items each, seen at 5 % in 8 of 10 cases: an upper bound,
/// for a paired test sees more. Null where so few items see none, and for figures that are no means
/// of answers: nothing bounds what bits per byte vary.
Json detectable_difference(const Task& task, std::int64_t items) {
  constexpr double kReach = 1.959964 + 0.841621;  // normal quantiles of 0.975 and 0.8
  const std::vector<MetricInfo> metrics = task.metrics();
  const double difference = kReach * std::sqrt(2 * 0.25 / static_cast<double>(items));
  const bool is_mean = !metrics.empty() && metrics.front().aggregation == "mean";
  return is_mean && difference <= 1 ? Json(difference) : Json();
}

Json task_rows(const RunPlan& plan) {
  Json rows = Json::array();
  for (const PlannedTask& task : plan.tasks) {
    std::int64_t flagged = 0, requests = 0;
    for (const PlannedItem& item : task.items) {
      flagged += item.status == "over_long";
      requests += static_cast<std::int64_t>(item.item.requests.size());
    }
    rows.push_back({{"task", task.task->name()},
                    {"documents", task.items.size()},
                    {"requests", requests},
                    {"over_long", flagged},
                    {"longest", task.longest},
                    {"smallest_detectable_difference",
                     detectable_difference(*task.task, std::ssize(task.items) - flagged)}});
  }
  return rows;
}

Json way_row(const ScalingWay& way) {
  return {{"way", way.name},
          {"fits", way.fits},
          {"gpu_bytes", way.gpu_bytes},
          {"seconds", way.seconds},
          {"rows_per_second", way.rows_per_second},
          {"efficiency", way.efficiency},
          {"why", way.why}};
}

Json scaling_object(const ScalingPlan& scaling) {
  Json json = {{"rows", scaling.rows},
               {"weight_bytes", scaling.weight_bytes},
               {"read_seconds", scaling.read_seconds},
               {"chosen", scaling.chosen},
               {"stops", scaling.stops},
               {"basis", scaling.basis}};
  json["ways"] = json["steps"] = Json::array();
  for (const ScalingWay& way : scaling.ways) json["ways"].push_back(way_row(way));
  for (const ScalingStep& step : scaling.steps)
    json["steps"].push_back({{"gpus", step.gpus},
                             {"batches", step.batches},
                             {"seconds", step.seconds},
                             {"efficiency", step.efficiency},
                             {"why", step.why}});
  return json;
}

/// A line of figures and, behind them, what is to be said of them.
std::string way_line(const ScalingWay& way, int columns) {
  const double gib = static_cast<double>(way.gpu_bytes) / (1024.0 * 1024 * 1024);
  char figures[128];
  if (!way.fits)
    std::snprintf(figures, sizeof figures, "%-10s %10.1f %12s %8s %6s", way.name.c_str(), gib, "-",
                  "-", "-");
  else
    std::snprintf(figures, sizeof figures, "%-10s %10.1f %12.3g %8.3g %5.0f%%", way.name.c_str(),
                  gib, way.seconds, way.rows_per_second, 100 * way.efficiency);
  return labelled(figures, std::strlen(figures) + 2, way.why, columns);
}

std::string step_line(const ScalingStep& step, int columns) {
  char figures[128];
  std::snprintf(figures, sizeof figures, "%4d GPUs", step.gpus);
  if (step.seconds <= 0) return labelled(figures, std::strlen(figures) + 2, step.why, columns);
  std::snprintf(figures, sizeof figures, "%4d GPUs  %10lld %12.3g %5.0f%%", step.gpus,
                static_cast<long long>(step.batches), step.seconds, 100 * step.efficiency);
  return fitted(figures, columns);
}

std::string scaling_page(const ScalingPlan& scaling, int columns) {
  std::string out =
      "\n" + fitted("scoring on " + scaling.basis, columns) +
      fitted("each node reads " + memory_text(static_cast<double>(scaling.weight_bytes)) +
                 " once, " + duration_text(scaling.read_seconds),
             columns);
  char heading[128];
  std::snprintf(heading, sizeof heading, "%-10s %10s %12s %8s %6s", "way", "GiB a GPU", "seconds",
                "rows/s", "used");
  out += "\n" + labelled(heading, std::strlen(heading) + 2, "the rest", columns);
  for (const ScalingWay& way : scaling.ways) out += way_line(way, columns);
  std::snprintf(heading, sizeof heading, "%-10s %10s %12s %6s", scaling.chosen.c_str(), "batches",
                "seconds", "used");
  out += "\n" + fitted(heading, columns);
  for (const ScalingStep& step : scaling.steps) out += step_line(step, columns);
  return out + fitted("stops scaling: " + scaling.stops, columns);
}

/// Where the seconds of planning went, by monotonic_seconds().
struct PlanningTimes {
  double start = 0, opened = 0, tokenized = 0;

  Json seconds(const RunPlan& plan) const {
    return {{"open", opened - start},
            {"load", plan.seconds.load},
            {"render", plan.seconds.render},
            {"tokenize", plan.seconds.tokenize},
            {"schedule", monotonic_seconds() - tokenized},
            {"total", monotonic_seconds() - start}};
  }
};

/// What --json prints, and what the page is made of.
Json plan_json(const Engine& engine, const RunPlan& plan, const PlanningTimes& times) {
  Json json;
  json["tasks"] = task_rows(plan);
  const EnginePlan cost = plan_cost(engine, plan);
  json.update(parse_json(cost_json(cost), "cost"));
  const EngineInfo& info = engine.info();
  if (info.processes > 1) json["processes"] = info.processes;
  json["speed"] = cost.speed;
  json["placement"] = cost.placement;
  if (!info.gathers.empty()) json["gathers"] = info.gathers;
  json["bytes_encoded"] = plan.bytes_encoded;
  json["seconds_of_planning"] = times.seconds(plan);
  return json;
}

/// Before anything is printed: a plan that cannot be carried out is none.
void check_disk(double needed, double free, const std::string& store) {
  if (free >= needed) return;
  throw UserError("the store and the samples need " + memory_text(needed) + " of disk, " +
                  memory_text(free) +
                  " are free; make room or give --store on another disk: " + store);
}

}  // namespace

int command_plan(const Options& given, Progress& progress) {
  Options options = given;
  options.model = settle_model_flags(options.model, progress);
  refuse_replay("plan", options.model);
  std::optional<GpuCluster> cluster;
  if (!options.gpus.empty()) cluster = parse_cluster(options.gpus);
  PlanningTimes times{.start = monotonic_seconds()};
  const auto tokenizer = open_tokenizer(options.model);
  const auto engine = open_engine(options.model, progress);
  check_prefix(options.task, engine->info().vocab_rows);
  times.opened = monotonic_seconds();
  RunPlan plan = render_plan(options.task, tokenizer.get(), progress);
  refuse_substitutes(plan);
  check_prefixes(options.task, plan, engine->info().vocab_rows);
  tokenize_plan(plan, options.task, options.model, *tokenizer, engine->info().max_length,
                engine->info().threads, progress);
  times.tokenized = monotonic_seconds();

  const double needed = bytes_to_write(plan), free = free_bytes(options.run.store);
  check_disk(needed, free, options.run.store);
  Json json = plan_json(*engine, plan, times);
  std::optional<ScalingPlan> scaling;
  if (cluster) {
    scaling = plan_scaling(engine_options(options.model), plan.scores, *cluster);
    json["scaling"] = scaling_object(*scaling);
  }
  json["bytes_to_write"] = needed;
  json["bytes_free"] = free;
  if (options.json) {
    print_line(compact_json(json));
  } else {
    const int columns = columns_of_terminal(STDOUT_FILENO);
    std::fputs(plan_page(json, plan.selection, columns).c_str(), stdout);
    if (scaling) std::fputs(scaling_page(*scaling, columns).c_str(), stdout);
  }
  return kDone;
}

}  // namespace flm
