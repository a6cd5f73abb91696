#include "reports/html/samples/report_samples.h"

#include <algorithm>
#include <memory>

#include "base/parallel_loop.h"
#include "reports/statistics/aggregates/aggregate.h"

namespace flm {
namespace {

/// What an item alone says; NaN where the metric is of all items together.
double item_value(const SampleRecord& sample, const MetricRecord& metric) {
  const std::vector<double>* values = sample.values_of(metric.metric);
  return values ? item_figure(metric.aggregation, *values).value_or(NAN) : NAN;
}

SampleState stored_state(const SampleRecord& sample, double value) {
  if (sample.status == "over_long") return SampleState::kFlagged;
  return sample.scored() ? state_of(value) : SampleState::kError;
}

/// The first of a filter that the task file asks for.
const MetricRecord* main_metric(const TaskRecord& task, const std::string& filter) {
  const MetricRecord* found = nullptr;
  for (const MetricRecord& metric : task.metrics) {
    if (metric.filter != filter || (found && metric.beside)) continue;
    if (!found || found->beside) found = &metric;
  }
  return found;
}

struct StoredTexts {
  std::vector<ItemText> items;
  std::vector<std::string> messages;
};

ListedSample listed(const SampleRecord& sample, const MetricRecord& metric) {
  ListedSample out;
  out.value_a = item_value(sample, metric);
  out.state = stored_state(sample, out.value_a);
  const std::vector<double>* margin = sample.values_of("gold_margin");
  if (margin && margin->size() == 1) out.margin_a = margin->front();
  return out;
}

/// The samples `begin` to `end` of a task, all under one filter.
SampleGroup group_of(const TaskRecord& task, const std::vector<SampleRecord>& samples,
                     std::size_t begin, std::size_t end, std::vector<ItemText>&& items) {
  const MetricRecord* known = main_metric(task, samples[begin].filter);
  const MetricRecord metric = known ? *known : MetricRecord{};
  SampleGroup out;
  out.name = task.task + (samples[begin].filter == "none" ? "" : "," + samples[begin].filter);
  out.metric = metric.metric;
  out.higher_is_better = metric.higher_is_better;
  const auto texts = std::make_shared<StoredTexts>();
  texts->items = std::move(items);
  for (std::size_t i = begin; i < end; ++i) {
    out.samples.push_back(listed(samples[i], metric));
    texts->messages.push_back(samples[i].message);
  }
  out.texts = [texts](const std::vector<std::size_t>& chosen) {
    std::vector<SampleText> some;
    for (std::size_t i : chosen)
      some.push_back({texts->items[i], std::nullopt, texts->messages[i]});
    return some;
  };
  return out;
}

std::vector<ItemText> texts_of(const TaskRecord& task, const std::vector<SampleRecord>& samples) {
  std::vector<ItemText> out(samples.size());
  parallel_loop(samples.size(), [&](std::size_t i) { out[i] = item_text(task, samples[i]); });
  return out;
}

void count(std::vector<std::int64_t>& positions, std::size_t at) {
  if (positions.size() <= at) positions.resize(at + 1);
  ++positions[at];
}

ChoiceFacts choice_facts(const TaskRecord& task, const std::vector<SampleRecord>& samples,
                         const std::vector<ItemText>& texts) {
  ChoiceFacts out{task.task, {}, {}, {}};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const ItemText& text = texts[i];
    if (!samples[i].scored() || samples[i].filter_index != 0 || !text.gold) continue;
    const auto& values = text.log_likelihoods;
    const auto best = std::max_element(values.begin(), values.end()) - values.begin();
    count(out.right, *text.gold);
    count(out.chosen, static_cast<std::size_t>(best));
    if (const std::vector<double>* margin = samples[i].values_of("gold_margin"))
      out.margins.push_back(margin->front());
  }
  const std::size_t positions = std::max(out.right.size(), out.chosen.size());
  out.right.resize(positions);
  out.chosen.resize(positions);
  return out;
}

}  // namespace

ReportSamples report_samples(Store& store, const Report& report) {
  ReportSamples out;
  for (const TaskRecord& task : report.tasks) {
    const std::vector<SampleRecord> samples = store.samples(report.run.id, task.task);
    std::vector<ItemText> texts = texts_of(task, samples);
    ChoiceFacts facts = choice_facts(task, samples, texts);
    if (!facts.margins.empty()) out.choices.push_back(std::move(facts));
    for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
      while (end < samples.size() && samples[end].filter_index == samples[begin].filter_index)
        ++end;
      const auto at = [&](std::size_t i) { return texts.begin() + static_cast<std::ptrdiff_t>(i); };
      std::vector<ItemText> part(std::make_move_iterator(at(begin)),
                                 std::make_move_iterator(at(end)));
      out.groups.push_back(group_of(task, samples, begin, end, std::move(part)));
    }
  }
  return out;
}

}  // namespace flm
