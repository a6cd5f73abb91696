#include "reports/gate/policy.h"

#include <algorithm>
#include <cmath>

#include "base/documents/yaml.h"
#include "base/documents/yaml_keys.h"
#include "base/system/files.h"
#include "base/text/joined.h"
#include "base/text/nearest_name.h"

namespace flm {
namespace {

using Names = std::vector<std::string>;

const Names kPolicyKeys = {"version", "alpha",    "family", "inconclusive",
                           "common",  "defaults", "rules",  "items"};
const Names kDefaultKeys = {"rule", "level", "max_worse", "see"};
const Names kRuleKeys = {"task",      "suite", "metric", "filter", "rule",    "level",
                         "max_worse", "see",   "min",    "max",    "certain", "over"};
const Names kItemKeys = {"flagged", "errors"};

class PolicyReader {
 public:
  explicit PolicyReader(std::string origin) : origin_(std::move(origin)) {}

  Policy policy_of(const YamlNode& root) const {
    check_map(root, "a policy", kPolicyKeys);
    const YamlNode* version = root.find("version");
    if (!version) fail(root, "a policy says its version; write version: 1");
    if (version->kind != YamlNode::Kind::kInt || version->integer != 1)
      fail(*version, "unknown version, this program reads version 1: " + shown(*version));
    Policy out;
    out.origin = origin_;
    if (const YamlNode* node = root.find("alpha")) {
      out.alpha = number(*node, "alpha", 0, 0.5);
      if (out.alpha == 0) fail(*node, "alpha is above 0, as 0.05: " + shown(*node));
    }
    if (const YamlNode* node = root.find("family"))
      out.holm = word(*node, "family", {"holm", "none"}) == 0;
    if (const YamlNode* node = root.find("inconclusive"))
      out.inconclusive = static_cast<Policy::Inconclusive>(
          word(*node, "inconclusive", {"report", "pass", "fail"}));
    if (const YamlNode* node = root.find("common")) out.common = number(*node, "common", 0, 1);
    if (const YamlNode* node = root.find("items")) read_items(*node, out);
    read_rules(root, out);
    return out;
  }

 private:
  [[noreturn]] void fail(const YamlNode& at, const std::string& message) const {
    refuse_node(origin_, at, message);
  }

  static std::string shown(const YamlNode& node) {
    if (node.is_list()) return "a list";
    if (node.is_map()) return "a map";
    return node.is_null() ? "nothing" : node.text;
  }

  void check_map(const YamlNode& node, const std::string& what, const Names& known) const {
    if (!node.is_map())
      fail(node, what + " is a map of " + joined(known, ", ") + ": " + shown(node));
    const YamlNode* key = unknown_key(node, known);
    if (!key) return;
    const std::string near = nearest_name(key->text, known);
    fail(*key, "unknown key of " + what + (near.empty() ? "" : "; did you mean " + near) + ": " +
                   shown(*key));
  }

  double number(const YamlNode& node, const std::string& key, double least, double most) const {
    const bool whole = node.kind == YamlNode::Kind::kInt;
    const double value = whole ? static_cast<double>(node.integer) : node.real;
    const bool is_number = whole || node.kind == YamlNode::Kind::kFloat;
    if (is_number && std::isfinite(value) && value >= least && value <= most) return value;
    std::string range = " wants a number";
    if (std::isfinite(least)) range += " from " + trimmed(least);
    if (std::isfinite(most)) range += " to " + trimmed(most);
    fail(node, key + range + ", written as 0.01: " + shown(node));
  }

  static std::string trimmed(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text.substr(0, text.size() - 1) : text;
  }

  std::size_t word(const YamlNode& node, const std::string& key, const Names& words) const {
    const auto found = std::find(words.begin(), words.end(), node.text);
    if (!node.is_string() || found == words.end())
      fail(node, key + " is one of " + joined(words, ", ") + ": " + shown(node));
    return static_cast<std::size_t>(found - words.begin());
  }

  std::string name(const YamlNode& node, const std::string& key) const {
    if (!node.is_string() || node.text.empty()) fail(node, key + " wants a name: " + shown(node));
    return node.text;
  }

  void read_items(const YamlNode& node, Policy& out) const {
    check_map(node, "items", kItemKeys);
    if (const YamlNode* flagged = node.find("flagged"))
      out.flagged = number(*flagged, "flagged", 0, 1);
    if (const YamlNode* errors = node.find("errors")) {
      if (errors->kind != YamlNode::Kind::kInt || errors->integer < 0)
        fail(*errors, "errors wants a count of items: " + shown(*errors));
      out.errors = errors->integer;
    }
  }

  void read_rules(const YamlNode& root, Policy& out) const {
    Defaults defaults;
    if (const YamlNode* node = root.find("defaults")) {
      check_map(*node, "defaults", kDefaultKeys);
      read_defaults(*node, defaults);
    }
    const YamlNode* rules = root.find("rules");
    if (!rules || !rules->is_list() || rules->items.empty())
      fail(rules ? *rules : root, "a policy has rules; write rules: and a list, - {task: NAME}");
    for (const YamlNode& node : rules->items) out.rules.push_back(rule_of(node, defaults));
  }

  /// What may be said once for all rules.
  struct Defaults {
    RuleKind kind = RuleKind::kNoDrop;
    RuleLevel level = RuleLevel::kBlocking;
    std::optional<double> max_worse;
    const YamlNode* see = nullptr;  // a number, or the word max_worse
  };

  void read_defaults(const YamlNode& node, Defaults& out) const {
    if (const YamlNode* kind = node.find("rule"))
      out.kind =
          static_cast<RuleKind>(word(*kind, "rule", {"no-drop", "not-worse", "limit", "no-rise"}));
    if (const YamlNode* level = node.find("level"))
      out.level = static_cast<RuleLevel>(word(*level, "level", {"blocking", "advisory"}));
    if (const YamlNode* most = node.find("max_worse"))
      out.max_worse = number(*most, "max_worse", 0, INFINITY);
    if (const YamlNode* see = node.find("see")) out.see = see;
  }

  Rule rule_of(const YamlNode& node, Defaults defaults) const {
    check_map(node, "a rule", kRuleKeys);
    read_defaults(node, defaults);
    Rule rule;
    rule.line = node.line;
    rule.kind = defaults.kind;
    rule.level = defaults.level;
    read_target(node, rule);
    if (rule.kind != RuleKind::kNoRise) refuse(node, {"over"}, rule);
    if (rule.kind == RuleKind::kLimit) {
      read_limit(node, rule);
    } else if (rule.kind == RuleKind::kNoRise) {
      read_rise(node, defaults, rule);
    } else {
      read_margin(node, defaults, rule);
    }
    return rule;
  }

  void read_target(const YamlNode& node, Rule& rule) const {
    const YamlNode *task = node.find("task"), *suite = node.find("suite");
    if ((task == nullptr) == (suite == nullptr))
      fail(node, "a rule has either a task or a suite; write task: NAME");
    if (task) rule.task = name(*task, "task");
    if (suite && !suite->is_list()) rule.suite = {name(*suite, "suite")};
    if (suite && suite->is_list())
      for (const YamlNode& one : suite->items) add_task(one, rule.suite);
    if (suite && rule.suite.empty()) fail(*suite, "a suite has tasks: an empty list");
    if (const YamlNode* metric = node.find("metric")) rule.metric = name(*metric, "metric");
    if (const YamlNode* filter = node.find("filter")) rule.filter = name(*filter, "filter");
  }

  void add_task(const YamlNode& node, Names& suite) const {
    const std::string task = name(node, "suite");
    if (std::count(suite.begin(), suite.end(), task))
      fail(node, "a suite counts each task once; name it once: " + task);
    suite.push_back(task);
  }

  void refuse(const YamlNode& node, const Names& keys, const Rule& rule) const {
    for (const std::string& key : keys)
      if (const YamlNode* value = node.find(key))
        fail(*value, "a rule " + name_of(rule.kind) + " has no key: " + key);
  }

  void read_limit(const YamlNode& node, Rule& rule) const {
    refuse(node, {"max_worse", "see", "suite"}, rule);
    if (const YamlNode* min = node.find("min")) rule.min = number(*min, "min", -INFINITY, INFINITY);
    if (const YamlNode* max = node.find("max")) rule.max = number(*max, "max", -INFINITY, INFINITY);
    if (!rule.min && !rule.max) fail(node, "a rule limit has bounds; write min: or max:");
    if (rule.min && rule.max && *rule.min > *rule.max)
      fail(node, "min is above max; swap them: " + shown(*node.find("min")) + " and " +
                     shown(*node.find("max")));
    if (const YamlNode* certain = node.find("certain")) {
      if (certain->kind != YamlNode::Kind::kBool)
        fail(*certain, "certain is true or false: " + shown(*certain));
      rule.certain = certain->boolean;
    }
  }

  void read_rise(const YamlNode& node, const Defaults& defaults, Rule& rule) const {
    refuse(node, {"min", "max", "certain", "see", "suite"}, rule);
    rule.max_worse = defaults.max_worse.value_or(0);
    const YamlNode* over = node.find("over");
    if (!over) return;
    constexpr std::int64_t kMost = 1'000'000;
    if (over->kind != YamlNode::Kind::kInt || over->integer < 1 || over->integer > kMost)
      fail(*over, "over wants a count of checkpoints, as 5: " + shown(*over));
    rule.over = static_cast<int>(over->integer);
  }

  void read_margin(const YamlNode& node, const Defaults& defaults, Rule& rule) const {
    refuse(node, {"min", "max", "certain"}, rule);
    if (!defaults.max_worse)
      fail(node,
           "a rule " + name_of(rule.kind) + " says how much worse B may be; write max_worse:");
    rule.max_worse = *defaults.max_worse;
    if (rule.kind == RuleKind::kNotWorse) return refuse(node, {"see"}, rule);
    if (!defaults.see) return;
    const bool same = defaults.see->is_string() && defaults.see->text == "max_worse";
    rule.see = same ? rule.max_worse : number(*defaults.see, "see", 0, INFINITY);
  }

  std::string origin_;
};

}  // namespace

std::string name_of(RuleKind kind) {
  switch (kind) {
    case RuleKind::kNoDrop:
      return "no-drop";
    case RuleKind::kNotWorse:
      return "not-worse";
    case RuleKind::kLimit:
      return "limit";
    case RuleKind::kNoRise:
      return "no-rise";
  }
  return "";
}

std::string name_of(RuleLevel level) {
  return level == RuleLevel::kBlocking ? "blocking" : "advisory";
}

Policy parse_policy(std::string_view text, const std::string& origin) {
  return PolicyReader(origin).policy_of(parse_yaml(text, origin));
}

Policy read_policy(const std::string& path) { return parse_policy(read_file(path), path); }

bool fits_pattern(std::string_view pattern, std::string_view name) {
  // After a mismatch the last star takes one character more.
  std::size_t p = 0, n = 0, star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace flm
