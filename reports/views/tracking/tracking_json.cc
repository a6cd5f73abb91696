#include "reports/views/tracking/tracking_json.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/views/tracking/curve_remarks.h"

namespace flm {
namespace {

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json object(const TrackedPoint& point) {
  Json out;
  out["checkpoint"] = point.record.checkpoint;
  out["step"] = point.record.step;
  out["state"] = point.state;
  if (!point.record.reason.empty()) out["reason"] = point.record.reason;
  out["x"] = number(point.x);
  out["tokens"] = number(point.tokens);
  out["tokens_source"] = point.tokens_source;
  out["flops"] = number(point.flops);
  out["flops_source"] = point.flops_source;
  out["training_seconds"] = number(point.seconds);
  out["weights_hash"] = point.record.weights_hash;
  out["layout"] = point.record.layout;
  out["path"] = point.record.path;
  out["run_name"] = point.run_name;
  return out;
}

Json object(const TrackedValue& value) {
  Json out;
  out["value"] = value.value;
  out["stderr"] = number(value.stderr_value);
  out["low"] = number(value.low);
  out["high"] = number(value.high);
  out["change"] = number(value.change);
  out["change_stderr"] = number(value.change_stderr);
  out["checkpoint_noise"] = number(value.checkpoint_noise);
  out["n"] = value.n;
  return out;
}

Json object(const EvaluatedSpike& spike) {
  return {{"checkpoint", spike.checkpoint},
          {"step", spike.step},
          {"size", spike.size},
          {"paired_errors", spike.paired_errors},
          {"deviations", spike.deviations},
          {"recovered", spike.recovered ? Json(*spike.recovered) : Json(nullptr)}};
}

Json object(const Extrapolated& e) {
  return {{"x", e.x},
          {"value", e.value},
          {"low", e.low},
          {"high", e.high},
          {"floor", e.floor},
          {"factor", e.factor},
          {"exponent", e.exponent},
          {"points", e.points},
          {"backtest_error", e.backtest_error},
          {"backtest_worst", e.backtest_worst},
          {"backtest_points", e.backtest_points}};
}

Json branch(const TrainingBranch& of) {
  Json out;
  out["attempt"] = of.attempt;
  for (const char* key : {"step", "loss", "tokens"}) out[key] = Json::array();
  for (const TrainingPoint& point : of.points) {
    out["step"].push_back(point.step);
    out["loss"].push_back(number(point.loss));  // NaN becomes null; nan_steps has it
    out["tokens"].push_back(number(point.tokens));
  }
  return out;
}

Json object(const TrainingLog& log) {
  Json out;
  out["format"] = log.format;
  out["loss_key"] = log.loss_key;
  out["averaging"] = log.averaging;
  out["resolution"] = number(log.resolution);
  out["live"] = branch(log.live);
  out["lost"] = Json::array();
  for (const TrainingBranch& lost : log.lost) out["lost"].push_back(branch(lost));
  out["restarts"] = log.restarts;
  out["nan_steps"] = log.nan_steps;
  out["spikes"] = Json::array();
  for (const LossSpike& spike : log.spikes)
    out["spikes"].push_back({{"step", spike.step},
                             {"before", spike.before},
                             {"peak", spike.peak},
                             {"deviations", spike.deviations},
                             {"recovered", spike.recovered ? Json(*spike.recovered) : Json()}});
  out["notes"] = log.notes;
  return out;
}

Json object(const TrackedCurve& curve) {
  Json out;
  out["name"] = curve.task;
  out["kind"] = curve.is_group ? "group" : "task";
  out["metric"] = curve.metric;
  out["filter"] = curve.filter;
  out["higher_is_better"] = curve.higher_is_better;
  out["headline"] = curve.headline;
  out["main"] = curve.main;
  out["values"] = Json::array();
  out["gaps"] = Json::object();
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    out["values"].push_back(curve.values[i] ? object(*curve.values[i]) : Json(nullptr));
    if (!curve.gaps[i].empty()) out["gaps"][std::to_string(i)] = curve.gaps[i];
  }
  out["spikes"] = Json::array();
  for (const EvaluatedSpike& spike : curve.spikes) out["spikes"].push_back(object(spike));
  if (!curve.smoothed.empty()) {
    out["smoothed"] = Json::array();
    for (const std::optional<double>& value : curve.smoothed)
      out["smoothed"].push_back(number(value));
  }
  if (curve.extrapolated) out["extrapolated"] = object(*curve.extrapolated);
  if (!curve.not_extrapolated.empty()) out["not_extrapolated"] = curve.not_extrapolated;
  return out;
}

Json object(const SweepTable& sweep) {
  Json out;
  out["by"] = sweep.by;
  out["axis"] = sweep.axis;
  out["x"] = sweep.x;
  out["name"] = sweep.task;
  out["metric"] = sweep.metric;
  out["filter"] = sweep.filter;
  out["verdict"] = sweep.verdict;
  out["rows"] = Json::array();
  for (const SweepRow& row : sweep.rows)
    out["rows"].push_back({{"run", row.member},
                           {"coordinates", row.coordinates},
                           {"checkpoint", row.checkpoint},
                           {"value", row.value},
                           {"difference", number(row.difference)},
                           {"stderr", number(row.stderr_value)},
                           {"best", row.best},
                           {"tied", row.tied}});
  return out;
}

Json object(const TrackedSeries& series) {
  Json out;
  out["series"] = series.name;
  out["protocol_hash"] = series.protocol_hash;
  out["numerics"] = series.numerics;
  if (series.log) out["log"] = object(*series.log);
  out["points"] = Json::array();
  for (const TrackedPoint& point : series.points) out["points"].push_back(object(point));
  out["curves"] = Json::array();
  for (const TrackedCurve& curve : series.curves) out["curves"].push_back(object(curve));
  return out;
}

}  // namespace

std::string render_tracking_json(const Tracking& tracking) {
  Json out;
  out["warnings"] = tracking.warnings;
  out["notes"] = tracking.notes;
  out["methods"] = method_remarks(tracking);
  if (tracking.sweep) out["sweep"] = object(*tracking.sweep);
  out["series"] = Json::array();
  for (const TrackedSeries& series : tracking.series) out["series"].push_back(object(series));
  return compact_json(out) + "\n";
}

}  // namespace flm
