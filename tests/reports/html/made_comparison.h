// A comparison made by hand: everything that its page must show.
#pragma once

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/comparison.h"

namespace flm {

/// Texts by task and item.
class MadeTexts final : public ItemTexts {
 public:
  explicit MadeTexts(std::map<std::string, std::vector<ItemText>> texts)
      : texts_(std::move(texts)) {}
  std::vector<ItemText> texts(const std::string& task,
                              const std::vector<std::size_t>& items) override {
    std::vector<ItemText> out;
    for (std::size_t item : items) out.push_back(texts_.at(task).at(item));
    return out;
  }

 private:
  std::map<std::string, std::vector<ItemText>> texts_;
};

inline MetricComparison made_metric(const std::string& name, std::int64_t n, double a, double b,
                                    double error, Outcome outcome) {
  MetricComparison out;
  out.metric = name;
  out.filter = "none";
  out.main = true;
  out.n = n;
  out.a = a;
  out.b = b;
  out.difference = b - a;
  out.low = b - a - 1.96 * error;
  out.high = b - a + 1.96 * error;
  out.stderr_value = error;
  out.p = out.p_adjusted = outcome == Outcome::kNoDifference ? 0.41 : 0.0004;
  out.detectable = 2.8 * error;
  out.outcome = outcome;
  return out;
}

inline ComparisonRow made_row(const std::string& name, const std::string& alias, int depth,
                              std::vector<MetricComparison> metrics) {
  ComparisonRow out;
  out.name = name;
  out.alias = alias;
  out.depth = depth;
  out.metrics = std::move(metrics);
  if (!out.metrics.empty()) out.items_in_common = out.metrics[0].n;
  return out;
}

/// What a sample may hold to break a page.
inline std::vector<std::string> hostile_texts() {
  using namespace std::string_literals;
  return {"</script><script>window.hostile = 1</script>",
          "<img src=x onerror='window.hostile = 2'><iframe src='https://example.org'></iframe>",
          "right-to-left \u202E override and \u2066isolate",
          "nul \0 inside, bell \a, escape \x1b[31m"s,
          "broken UTF-8: \xff\xfe \xed\xa0\x80 end",
          "中文：请选择正确的答案。👩‍🔬 ﷽",
          std::string(1 << 20, 'x') + " end of a long line",
          "quotes \" ' ` & &amp; \\ \\u003c ${x} ]]> -->"};
}

/// Two hundred items of two choices in "exam_law"; A has the even ones right, B loses every tenth
/// of these and wins every fifteenth item.
inline void add_law(ComparisonRow& row, std::vector<ItemText>& a, std::vector<ItemText>& b) {
  MetricComparison& metric = row.metrics.at(0);
  const std::string header =
      "以下是关于法律的单项选择题，请直接给出正确答案的选项。\n\n题目：合同自何时生效？\nA. "
      "签字\nB. "
      "付款\n答案：A\n\n题目：下列哪一项属于民事权利？\nA. 物权\nB. 税权\n答案：A\n\n";
  for (std::uint32_t i = 0; i < 200; ++i) {
    const bool right_a = i % 2 == 0, right_b = (right_a && i % 20 != 0) || i % 15 == 0;
    row.pairs.push_back({i, i});
    metric.values_a.push_back(right_a);
    metric.values_b.push_back(right_b);
    row.margins_a.push_back(right_a ? 0.5 + 0.01 * i : -0.25);
    row.margins_b.push_back(right_b ? 0.25 : -0.5 - 0.01 * i);
    ItemText text;
    text.doc_id = 1000 + i;
    text.prompt =
        header + "题目 " + std::to_string(i) + "：法律行为的效力如何？\nA. 有效\nB. 无效\n答案：";
    text.target = "0";
    text.choices = {"A", "B"};
    text.gold = 0;
    text.log_likelihoods = {-1.0, -1.0 - row.margins_a.back()};
    a.push_back(text);
    text.log_likelihoods = {-1.2, -1.2 - row.margins_b.back()};
    b.push_back(text);
  }
}

/// Generated answers, one for each hostile text.
inline void add_hostile(ComparisonRow& row, std::vector<ItemText>& a, std::vector<ItemText>& b) {
  MetricComparison& metric = row.metrics.at(0);
  for (const std::string& hostile : hostile_texts()) {
    const auto i = static_cast<std::uint32_t>(row.pairs.size());
    row.pairs.push_back({i, i});
    metric.values_a.push_back(1);
    metric.values_b.push_back(i % 2);
    ItemText text;
    text.doc_id = i;
    text.prompt = "Q: repeat after me: " + hostile;
    text.target = hostile;
    text.answers = {"the same words 同样的字 " + hostile};
    text.extracted = hostile;
    a.push_back(text);
    text.answers = {"the other words 另外的字 " + hostile};
    b.push_back(text);
  }
}

/// Markup, a mark that turns the direction of what follows, and longer than a narrow screen is
/// wide.
inline constexpr const char* kHostile =
    "<b>hostile</b> \u202E & co, a_task_with_a_name_longer_than_a_narrow_screen";

inline Comparison made_comparison() {
  Comparison out;
  ComparisonRow law =
      made_row("exam_law", "法律 law", 1,
               {made_metric("acc", 200, 0.5, 0.505, 0.018, Outcome::kNoDifference)});
  ComparisonRow hostile =
      made_row(kHostile, "", 0, {made_metric("exact_match", 8, 1, 0.5, 0.18, Outcome::kWorse)});
  hostile.metrics[0].only_a = 4, hostile.metrics[0].only_b = 0;
  law.metrics[0].only_a = 6, law.metrics[0].only_b = 7;
  std::vector<ItemText> law_a, law_b, hostile_a, hostile_b;
  add_law(law, law_a, law_b);
  add_hostile(hostile, hostile_a, hostile_b);

  ComparisonRow exam = made_row(
      "exam", "exam", 0, {made_metric("acc", 14'042, 0.4532, 0.4671, 0.0026, Outcome::kBetter)});
  exam.is_group = true;
  exam.metrics[0].only_a = 736, exam.metrics[0].only_b = 928;
  ComparisonRow bpb = made_row(
      "bpb_en", "bpb en", 0,
      {made_metric("bpb@ctx64/stride32/prefix2/doc", 60, 0.912, 0.897, 0.002, Outcome::kBetter)});
  bpb.metrics[0].higher_is_better = false;
  ComparisonRow math = made_row("gsm8k", "", 0, {});
  math.verdict = Comparability::kNotComparable;
  math.first_difference = ProtocolDifference{"num_fewshot", "5", "8"};
  ComparisonRow part =
      made_row("arc", "", 0, {made_metric("acc", 1172, 0.3, 0.31, 0.01, Outcome::kNoDifference)});
  part.verdict = Comparability::kPartly;
  part.only_in = {8, 0};
  part.metrics[0].only_a = 60, part.metrics[0].only_b = 72;

  out.runs = {{"A",
               "step_00800",
               "models/nano/step_00800",
               "2026-11-24",
               "",
               "0123456789abcdef",
               "fp32",
               {}},
              {"B",
               "step_01600",
               "models/nano/step_01600",
               "2026-11-25",
               "",
               "fedcba9876543210",
               "fp32",
               {}}};
  out.runs[0].texts = std::make_shared<MadeTexts>(
      std::map<std::string, std::vector<ItemText>>{{"exam_law", law_a}, {kHostile, hostile_a}});
  out.runs[1].texts = std::make_shared<MadeTexts>(
      std::map<std::string, std::vector<ItemText>>{{"exam_law", law_b}, {kHostile, hostile_b}});
  Contrast contrast;
  contrast.rows = {exam, law, bpb, part, math, hostile};
  mark_inside(contrast.rows);
  out.contrasts = {contrast};
  out.tests = 4;
  out.notes = {"numerics are the same"};
  return out;
}

}  // namespace flm
