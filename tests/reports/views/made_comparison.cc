#include "made_comparison.h"

#include <cmath>
#include <utility>

namespace flm {
namespace {

/// Zeros and ones with these flips; the rest of the items agree.
MetricComparison accuracy(std::int64_t n, double a, double difference, double low, double high,
                          double p, double p_adjusted, std::int64_t lost, std::int64_t won) {
  MetricComparison m;
  m.metric = "acc";
  m.filter = "none";
  m.main = true;
  m.n = n;
  m.a = a;
  m.b = a + difference;
  m.difference = difference;
  m.low = low;
  m.high = high;
  m.stderr_value = (high - low) / 3.92;
  m.p = p;
  m.p_adjusted = p_adjusted;
  m.detectable = 2.8 * *m.stderr_value;
  m.only_a = lost;
  m.only_b = won;
  m.test = "mid-p McNemar";
  m.interval = "Newcombe, paired";
  m.adjustment = "Holm";
  if (p_adjusted >= 0.05) {
    m.outcome = Outcome::kNoDifference;
  } else {
    m.outcome = difference > 0 ? Outcome::kBetter : Outcome::kWorse;
  }
  return m;
}

ComparisonRow row(const std::string& name, const std::string& alias, int depth, bool is_group,
                  std::vector<MetricComparison> metrics) {
  ComparisonRow out;
  out.name = name;
  out.alias = alias;
  out.depth = depth;
  out.is_group = out.pooled = is_group;
  out.items_in_common = metrics.empty() ? 0 : metrics[0].n;
  out.metrics = std::move(metrics);
  return out;
}

MetricComparison bits_per_byte() {
  MetricComparison m = accuracy(60, 0.912, -0.0152, -0.0194, -0.0110, 1e-7, 4e-7, 0, 0);
  m.metric = "bpb@ctx4096/stride2048/prefix2/doc";
  m.higher_is_better = false;
  m.only_a = m.only_b = std::nullopt;
  m.test = "paired t over documents";
  m.interval = "ratio estimator, t";
  m.outcome = Outcome::kBetter;
  return m;
}

MetricComparison missing() {
  MetricComparison m;
  m.metric = "exact_match";
  m.filter = "flexible-extract";
  m.main = true;
  m.n = 1313;
  m.a = 0.21;
  m.reason = "B: 45 of 1319 items are over-long (more than 1%)";
  return m;
}

/// Pairs of which the first `lost` are right in the reference alone, the next `won` in the other.
void add_pairs(ComparisonRow& to, std::int64_t lost, std::int64_t won, bool margins) {
  MetricComparison& m = to.metrics[0];
  for (std::int64_t i = 0; i < lost + won + 2; ++i) {
    const bool agree = i >= lost + won;
    to.pairs.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i)});
    m.values_a.push_back(agree || i < lost ? 1 : 0);
    m.values_b.push_back(agree || i >= lost ? 1 : 0);
    if (!margins) continue;
    const double margin = 0.25 * static_cast<double>(i % 5 + 1);
    to.margins_a.push_back(m.values_a.back() == 1 ? margin : -margin);
    to.margins_b.push_back(m.values_b.back() == 1 ? 0.5 : -0.125);
  }
}

ComparisonRow subject(int number) {
  const double difference = number == 3 ? 0.12 : 0.01;
  MetricComparison m = accuracy(100, 0.45, difference, difference - 0.09, difference + 0.09, 0.4,
                                number == 3 ? 0.04 : 0.8, 4, number == 3 ? 16 : 5);
  m.adjustment = "Benjamini-Hochberg";
  const std::string id = std::to_string(number);
  ComparisonRow out = row("mmlu_subject_" + id, "subject " + id, 1, false, {std::move(m)});
  if (number < 2) add_pairs(out, 4, 5, true);
  return out;
}

ComparedRun run(const std::string& letter, const std::string& name, const std::string& date) {
  ComparedRun out;
  out.letter = letter;
  out.name = name;
  out.model = "tele-flm/" + name;
  out.date = date;
  out.origin = "2026-11-24T20-30-13-" + letter;
  out.weights_hash = "0123456789abcdef" + letter;
  out.numerics = "fp32";
  out.texts = std::make_shared<MadeTexts>(letter == "A");
  return out;
}

void add_tasks(std::vector<ComparisonRow>& rows) {
  MetricComparison mmlu =
      accuracy(14'042, 0.4531, 0.0137, 0.0083, 0.0191, 2.4e-6, 1.2e-5, 736, 928);
  mmlu.flips_within_rounding = 12;
  MetricComparison norm = accuracy(14'042, 0.46, 0.002, -0.003, 0.007, 0.43, 0.43, 700, 728);
  norm.metric = "acc_norm";
  norm.main = false;
  rows.push_back(row("mmlu", "mmlu", 0, true, {mmlu, norm}));
  for (int i = 0; i < 57; ++i) rows.push_back(subject(i));
  rows.push_back(row("法律与逻辑 law", "", 0, false,
                     {accuracy(2'076, 0.4012, 0.0111, -0.0080, 0.0302, 0.13, 0.41, 102, 125)}));
  rows.push_back(row("bpb_en", "bpb en", 0, false, {bits_per_byte()}));
  rows.push_back(row("gsm8k_main", "", 0, false, {missing()}));
}

void add_others(std::vector<ComparisonRow>& rows) {
  ComparisonRow partly = row("humaneval", "", 0, false,
                             {accuracy(160, 0.25, -0.075, -0.128, -0.02, 0.006, 0.018, 15, 3)});
  partly.metrics[0].metric = "pass@1";
  partly.verdict = Comparability::kPartly;
  partly.only_in = {4, 0};
  partly.notes = {"4 documents changed"};
  add_pairs(partly, 15, 3, false);
  rows.push_back(std::move(partly));
  ComparisonRow shots = row("ceval", "", 0, false, {});
  shots.verdict = Comparability::kNotComparable;
  shots.first_difference = {"num_fewshot", "5", "8"};
  rows.push_back(std::move(shots));
  ComparisonRow text = row("hellaswag", "", 0, false, {});
  text.verdict = Comparability::kNotComparable;
  text.first_difference = {"doc_to_text", "", ""};
  rows.push_back(std::move(text));
  ComparisonRow only = row("lambada", "", 0, false, {});
  only.verdict = Comparability::kOnlyInB;
  rows.push_back(std::move(only));
}

Contrast small_contrast(std::size_t other, double shift) {
  Contrast out;
  out.other = other;
  const bool seen = shift >= 0.01;
  out.rows.push_back(row("mmlu", "", 0, false,
                         {accuracy(14'042, 0.4531, shift, shift - 0.0054, shift + 0.0054,
                                   seen ? 1e-6 : 0.4, seen ? 2e-6 : 0.4, 700, 900)}));
  MetricComparison bpb = bits_per_byte();
  bpb.n = 60 + static_cast<std::int64_t>(other);
  out.rows.push_back(row("中文", "", 0, false, {bpb}));
  return out;
}

}  // namespace

namespace {

ItemText made_text(const std::string& task, std::size_t item, bool reference) {
  ItemText out;
  out.doc_id = static_cast<std::int64_t>(item);
  const bool right = (item < 4) == reference;
  if (task == "humaneval") {
    out.answers = {right ? "    return x\n"
                         : "    return \x1b[31mx + 1 if x else None  # " + std::string(200, 'y')};
    return out;
  }
  out.choices = {" Paris", " 伦敦 <b>London</b>", " Rome", " Oslo"};
  out.gold = 0;
  out.log_likelihoods = {right ? -1.0 : -2.0, -1.5, -3.0, -4.0};
  return out;
}

}  // namespace

std::vector<ItemText> MadeTexts::texts(const std::string& task,
                                       const std::vector<std::size_t>& items) {
  std::vector<ItemText> out;
  for (std::size_t item : items) out.push_back(made_text(task, item, reference_));
  return out;
}

Comparison two_runs() {
  Comparison out;
  out.runs = {run("A", "step_00800", "2026-11-24"), run("B", "step_01600", "2026-11-25")};
  out.runs[1].notes = {"2 older results beside it"};
  Contrast contrast;
  add_tasks(contrast.rows);
  add_others(contrast.rows);
  out.contrasts.push_back(std::move(contrast));
  out.tests = 4;
  for (Contrast& made : out.contrasts) mark_inside(made.rows);
  return out;
}

Comparison four_runs() {
  Comparison out;
  out.runs = {run("A", "step_00400", "2026-11-23"), run("B", "step_00800", "2026-11-24"),
              run("C", "step_01200", "2026-11-24"), run("D", "step_01600", "2026-11-25")};
  for (std::size_t i = 1; i < 4; ++i)
    out.contrasts.push_back(small_contrast(i, 0.006 * static_cast<double>(i)));
  ManyRuns many;
  many.name = "mmlu";
  many.metric = "acc";
  many.filter = "none";
  many.n = 14'042;
  many.q = 48.2;
  many.p = 1e-9;
  many.df = 3;
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = a + 1; b < 4; ++b) {
      const double difference = 0.006 * static_cast<double>(b - a);
      const bool seen = b - a > 1;
      many.cells.push_back({a, b, difference, seen ? 1e-6 : 0.2, seen ? 6e-6 : 0.4,
                            seen ? Outcome::kBetter : Outcome::kNoDifference});
    }
  out.many.push_back(std::move(many));
  out.tests = 6;
  for (Contrast& made : out.contrasts) mark_inside(made.rows);
  return out;
}

}  // namespace flm
