#include "reports/store/run_parts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/store/record_json.h"
#include "reports/store/stored_json.h"

namespace flm {
namespace {

constexpr std::int64_t kMostCounted = std::int64_t{1} << 53;
constexpr double kMostRows = 1e6;  // of a report
constexpr int kDeepest = 99;       // of groups in groups

bool is_stored_text(const Json& value) { return value.is_string(); }
bool is_stored_number(const Json& value) { return value.is_number(); }
bool is_stored_object(const Json& value) { return value.is_object(); }
bool is_count(const Json& value) {
  return value.is_number_integer() && value >= 0 && value <= kMostCounted;
}
bool are_texts(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_stored_text);
}

struct KnownKey {
  const char* key;
  bool (*holds)(const Json&);
};
using KnownKeys = std::vector<KnownKey>;

bool has_form(const Json& value, const KnownKeys& known) {
  return value.is_object() && std::all_of(known.begin(), known.end(), [&](const KnownKey& one) {
           const auto found = value.find(one.key);
           return found == value.end() || one.holds(*found);
         });
}

bool is_data(const Json& value) {
  return has_form(value, {{"root", is_stored_text}, {"notes", are_texts}, {"copies", are_texts}});
}

Json part_of(const RunRecord& run, const std::string& json, const std::string& what,
             const KnownKeys& known) {
  if (json.empty()) return Json::object();
  Json out = stored_json(json, what, place_of(run));
  if (!has_form(out, known)) refuse_stored(json, what, place_of(run));
  return out;
}

/// Rows of a report below each group, itself with them; infinite where it holds itself or lies too
/// deep.
class GroupRows {
 public:
  explicit GroupRows(const std::vector<GroupRecord>& groups) {
    for (const GroupRecord& group : groups) groups_.emplace(group.name, &group);
  }

  double of(const std::string& name, int depth = 0) {
    if (depth == kDeepest) return INFINITY;
    const auto group = groups_.find(name);
    if (group == groups_.end()) return 1;
    const auto [rows, fresh] = rows_.try_emplace(name, INFINITY);  // while its children are counted
    if (!fresh) return rows->second;
    double sum = 1;
    for (const std::string& child : group->second->children) sum += of(child, depth + 1);
    return rows_[name] = sum;
  }

 private:
  std::map<std::string, const GroupRecord*> groups_;
  std::map<std::string, double> rows_;
};

}  // namespace

Json options_part(const RunRecord& run) {
  return part_of(run, run.options_json, "options",
                 {{"arguments", are_texts},
                  {"notes", are_texts},
                  {"folder", is_stored_text},
                  {"settings", is_stored_object},
                  {"data", is_data}});
}

Json engine_part(const RunRecord& run) {
  return part_of(run, run.engine_json, "engine",
                 {{"config_hash", is_stored_text},
                  {"model_type", is_stored_text},
                  {"parameters", is_stored_number}});
}

Json environment_part(const RunRecord& run) {
  return part_of(run, run.environment_json, "environment", {{"flmeval", is_stored_text}});
}

Json cost_part(const RunRecord& run) {
  return part_of(run, run.cost_json, "cost",
                 {{"seconds", is_stored_number},
                  {"seconds_expected", is_stored_number},
                  {"rows_really_computed", is_count},
                  {"rows_unique", is_count},
                  {"tokens_submitted", is_count},
                  {"generated_tokens", is_count},
                  {"responses_from_store", is_count},
                  {"killed_beginnings", is_count}});
}

void check_run_texts(const RunRecord& run) {
  for (const std::string* text :
       {&run.name, &run.created, &run.status, &run.model, &run.fingerprint, &run.weights_hash,
        &run.tokenizer_hash, &run.protocol_hash, &run.numerics, &run.numerics_hash})
    require_stored_text(*text, "a text", place_of(run));
}

std::vector<GroupRecord> groups_part(const RunRecord& run) {
  std::vector<GroupRecord> groups = decode_groups(run.groups_json, place_of(run));
  GroupRows rows(groups);
  double sum = 0;
  for (const GroupRecord& group : groups) {
    if (!group.version_json.empty())
      stored_json(group.version_json, "the version of group " + group.name, place_of(run));
    sum += rows.of(group.name);
  }
  if (sum > kMostRows) refuse_stored(run.groups_json, "groups", place_of(run));
  return groups;
}

}  // namespace flm
