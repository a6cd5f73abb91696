#include "reports/training_logs/log_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

#include "base/errors.h"
#include "base/text/nearest_name.h"
#include "base/text/printable.h"

namespace flm {
namespace {

/// As many are remembered for errors, whatever a file has; also the ranks within one row of a list.
constexpr std::size_t kMostNames = 4096;

/// The last part of a name, the better known first. What a model is trained on alone comes before
/// sums that hold other terms.
using Names = std::vector<std::string_view>;

const Names& losses() {
  static const Names names = {"lm loss",
                              "ce loss",
                              "crossentropyloss",
                              "cross entropy loss",
                              "cross entropy",
                              "language model loss",
                              "loss",
                              "train loss",
                              "training loss",
                              "reduced train loss",
                              "global avg loss"};
  return names;
}
const Names& steps() {
  static const Names names = {"global step", "step",          "iteration",   "iter",
                              "iterations",  "current steps", "update step", "num updates"};
  return names;
}
const Names& tokens() {
  static const Names names = {"consumed tokens", "tokens seen",       "n tokens seen",
                              "num tokens seen", "total tokens seen", "num input tokens seen",
                              "tokens consumed", "total tokens",      "num tokens",
                              "tokens"};
  return names;
}
const Names& rates() {
  static const Names names = {"learning rate", "lr", "lr (group 0)", "learning rate group 0",
                              "lr group0"};
  return names;
}
const Names& norms() {
  static const Names names = {"grad norm", "total grad norm", "global grad norm", "gradient norm"};
  return names;
}
const Names& samples() {
  static const Names names = {"consumed samples", "consumed train samples", "samples seen"};
  return names;
}
const Names& times() {
  static const Names names = {"timestamp", "time", "wall time", "ts"};
  return names;
}

/// Lower case, one space for - and _, parts kept apart by '/'.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char low = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool space = low == '_' || low == '-' || low == ' ' || low == '\t';
    if (!space)
      out += low;
    else if (!out.empty() && out.back() != ' ' && out.back() != '/')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == ' ' || c == '/')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

bool is_validation_word(std::string_view word) {
  static const std::array<std::string_view, 6> words = {"val",  "valid",      "validation",
                                                        "eval", "evaluation", "dev"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Without the words that say "validation": "lm loss validation" is "lm loss".
std::string without_validation_words(std::string_view text) {
  std::string out;
  for (const std::string& word : words_of(text))
    if (!is_validation_word(word)) out += (out.empty() ? "" : " ") + word;
  return out;
}

bool has_word(std::string_view text, bool (*is)(std::string_view)) {
  const std::vector<std::string> words = words_of(text);
  return std::any_of(words.begin(), words.end(), is);
}

NameRank row_of(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? kNoName : static_cast<NameRank>(found - names.begin());
}

/// Seconds since the epoch from seconds or milliseconds; what is neither (a duration) is no time.
std::optional<double> since_epoch(double value) {
  if (value > 1e8 && value < 4e10) return value;
  if (value > 1e11 && value < 4e13) return value / 1000;
  return std::nullopt;
}

/// The value of the better name stays.
template <typename Slot, typename Value>
void take(Slot& slot, NameRank& held, NameRank rank, const Value& value) {
  if (rank > held) return;
  slot = value;
  held = rank;
}

/// The name of most entries; of equally many the better one.
NameRank most_used(const std::vector<LogFile>& files, NameRank LogEntry::*name) {
  std::map<NameRank, std::size_t> counts;
  for (const LogFile& file : files)
    for (const LogEntry& entry : file.entries)
      if (entry.*name != kNoName) ++counts[entry.*name];
  NameRank best = kNoName;
  for (const auto& [rank, count] : counts)
    if (best == kNoName || count > counts[best]) best = rank;
  return best;
}

std::string quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out += (out.empty() ? "\"" : ", \"") + printable(name) + "\"";
  return out.empty() ? "no figures at all" : out;
}

bool holds_figures(const TrainingPoint& point) {
  return point.loss || point.validation_loss || point.learning_rate || point.gradient_norm ||
         point.tokens || point.samples || point.nan_iterations > 0 || point.skipped_iterations > 0;
}

}  // namespace

LogNames::LogNames(std::string loss_key) : loss_key_(std::move(loss_key)) {}

bool LogNames::over_samples(std::string_view name) {
  const std::string text = plain(name);
  return text.ends_with(" vs samples") || text.find("/samples/") != std::string::npos ||
         text.starts_with("samples/");
}

LogNames::Known LogNames::classify(std::string_view name) const {
  if (!loss_key_.empty() && name == loss_key_) return {Role::kLoss, 0};
  if (over_samples(name)) return {};
  const std::string text = plain(name);
  const std::string last = text.substr(text.rfind('/') + 1);  // npos + 1 is 0
  if (has_word(text, [](std::string_view word) { return word == "test"; })) return {};
  if (has_word(text, is_validation_word)) {
    const NameRank row = row_of(losses(), without_validation_words(last));
    return row == kNoName ? Known{} : Known{Role::kValidation, row};
  }
  if (name == "_step") return {Role::kStep, static_cast<NameRank>(steps().size())};
  const std::array<std::pair<Role, const Names*>, 7> lists = {{{Role::kStep, &steps()},
                                                               {Role::kLoss, &losses()},
                                                               {Role::kRate, &rates()},
                                                               {Role::kNorm, &norms()},
                                                               {Role::kTokens, &tokens()},
                                                               {Role::kSamples, &samples()},
                                                               {Role::kSeconds, &times()}}};
  for (const auto& [role, names] : lists) {
    const NameRank row = row_of(*names, last);
    if (row == kNoName) continue;
    return role == Role::kLoss && !loss_key_.empty() ? Known{} : Known{role, row};
  }
  if (last == "number of nan iterations") return {Role::kNanIterations, 0};
  if (last == "number of skipped iterations") return {Role::kSkippedIterations, 0};
  return {};
}

LogNames::Known LogNames::known(std::string_view name) {
  const auto found = known_.find(name);
  if (found != known_.end()) return found->second;
  Known made = classify(name);
  if (made.role != Role::kNone)
    made.rank = made.rank * static_cast<NameRank>(kMostNames) +
                static_cast<NameRank>(std::min(known_.size(), kMostNames - 1));
  if (known_.size() < kMostNames || made.role != Role::kNone) known_.emplace(name, made);
  return made;
}

LogNames::Known LogNames::looked_up(std::string_view name) const {
  const auto found = known_.find(name);
  return found != known_.end() ? found->second : classify(name);
}

bool LogNames::is_step(std::string_view name) const { return looked_up(name).role == Role::kStep; }

bool LogNames::is_loss(std::string_view name) const { return looked_up(name).role == Role::kLoss; }

bool LogNames::is_kept(std::string_view name) const { return looked_up(name).role != Role::kNone; }

bool LogNames::put(LogEntry& entry, std::string_view name, double value) {
  const Known is = known(name);
  TrainingPoint& point = entry.point;
  switch (is.role) {
    case Role::kNone:
      return false;
    case Role::kStep:
      // What is no whole number is no step.
      if (!(value >= 0 && value < 9e15) || value != static_cast<double>(std::int64_t(value)))
        return false;
      take(point.step, entry.step_name, is.rank, static_cast<std::int64_t>(value));
      break;
    case Role::kLoss:
      take(point.loss, entry.loss_name, is.rank, value);
      break;
    case Role::kValidation:
      take(point.validation_loss, entry.validation_name, is.rank, value);
      break;
    case Role::kRate:
      take(point.learning_rate, entry.rate_name, is.rank, value);
      break;
    case Role::kNorm:
      take(point.gradient_norm, entry.norm_name, is.rank, value);
      break;
    case Role::kTokens:
      take(point.tokens, entry.tokens_name, is.rank, value);
      break;
    case Role::kSamples:
      take(point.samples, entry.samples_name, is.rank, value);
      break;
    case Role::kSeconds:
      if (const std::optional<double> seconds = since_epoch(value))
        take(point.seconds, entry.seconds_name, is.rank, *seconds);
      break;
    case Role::kNanIterations:
      point.nan_iterations = value >= 0 && value < 9e15 ? static_cast<std::int64_t>(value) : 0;
      break;
    case Role::kSkippedIterations:
      point.skipped_iterations = value >= 0 && value < 9e15 ? static_cast<std::int64_t>(value) : 0;
      break;
  }
  return true;
}

std::string LogNames::name_of(Role role, NameRank rank) const {
  for (const auto& [name, is] : known_)
    if (is.role == role && is.rank == rank) return name;
  return "";
}

std::string LogNames::loss_name(const std::vector<LogFile>& files) const {
  return name_of(Role::kLoss, most_used(files, &LogEntry::loss_name));
}

void LogNames::fail_without_loss(const std::string& path) const {
  std::vector<std::string> near, all;
  for (const auto& [name, is] : known_) {
    all.push_back(name);
    if (plain(name).find("loss") != std::string::npos && plain(name) != "loss scale")
      near.push_back(name);
  }
  const std::string listed = quoted(near.empty() ? all : near);
  if (loss_key_.empty() && all.empty()) throw UserError("no figures at all in the log " + path);
  if (loss_key_.empty())
    throw UserError("no loss of a known name in the log " + path +
                    "; name it with --loss-key, one of: " + listed);
  const std::string nearest = nearest_name(loss_key_, all);
  throw UserError("no loss \"" + printable(loss_key_) + "\" in the log " + path +
                  (nearest.empty() ? "" : "; did you mean \"" + printable(nearest) + "\"?") +
                  "; it has: " + listed);
}

void LogNames::fail_without_step(const std::string& path) const {
  std::vector<std::string> all;
  for (const auto& [name, is] : known_) all.push_back(name);
  throw UserError(
      "no step in the log " + path +
      "; each of its entries wants one, as \"step\" or \"iteration\"; it has: " + quoted(all));
}

/// A table with more rows than losses is one of several series, where null is an empty cell.
void LogNames::note_null_losses(const std::vector<LogFile>& files, const std::string& loss,
                                std::vector<std::string>& notes) const {
  std::set<std::int64_t> known, unknown;
  for (const LogFile& file : files)
    for (const LogEntry& entry : file.entries)
      if (entry.point.loss) known.insert(entry.point.step);
  for (const LogFile& file : files)
    for (const NullLoss& one : file.null_losses)
      if (one.name == loss && !known.contains(one.step)) unknown.insert(one.step);
  if (unknown.empty() || unknown.size() > known.size()) return;
  const std::string first = std::to_string(*unknown.begin());
  notes.push_back("\"" + printable(loss) + "\" is null at " +
                  (unknown.size() == 1 ? "step " + first
                                       : std::to_string(unknown.size()) + " steps from " + first +
                                             " to " + std::to_string(*unknown.rbegin())) +
                  ", which pandas and JavaScript write in place of NaN; no loss is known there");
}

void LogNames::keep_best(std::vector<LogFile>& files, std::vector<std::string>& notes) const {
  const NameRank loss = most_used(files, &LogEntry::loss_name);
  if (loss == kNoName) fail_without_loss(files.empty() ? "" : files.front().path);
  const NameRank step = most_used(files, &LogEntry::step_name);
  if (step == kNoName) fail_without_step(files.front().path);
  const NameRank validation = most_used(files, &LogEntry::validation_name);
  const NameRank token = most_used(files, &LogEntry::tokens_name);
  std::size_t without_step = 0;
  for (LogFile& file : files) {
    for (LogEntry& entry : file.entries) {
      if (entry.loss_name != loss) entry.point.loss.reset();
      if (entry.validation_name != validation) entry.point.validation_loss.reset();
      if (entry.tokens_name != token) entry.point.tokens.reset();
      without_step += entry.step_name != step && !entry.resumed && entry.point.loss ? 1 : 0;
    }
    std::erase_if(file.entries, [&](const LogEntry& entry) {
      return !entry.resumed && (entry.step_name != step || !holds_figures(entry.point));
    });
  }
  note_null_losses(files, name_of(Role::kLoss, loss), notes);
  if (without_step > 0)
    notes.push_back(std::to_string(without_step) + " entries have a loss and no \"" +
                    name_of(Role::kStep, step) + "\"; they are left out");
  for (const auto& [role, kept, what] :
       {std::tuple{Role::kLoss, loss, "losses"},
        std::tuple{Role::kValidation, validation, "validation losses"}}) {
    std::string others;
    for (const auto& [name, is] : known_)
      if (is.role == role && is.rank != kept)
        others += (others.empty() ? "\"" : ", \"") + printable(name) + "\"";
    if (!others.empty())
      notes.push_back("of several " + std::string(what) + " \"" + name_of(role, kept) +
                      "\" is shown; the log also has " + others);
  }
}

}  // namespace flm
