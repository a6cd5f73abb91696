#include "reports/store/record_json.h"

#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/documents/json.h"
#include "base/text/utf8.h"
#include "reports/store/stored_json.h"

namespace flm {

std::string encode_metrics(const std::vector<MetricRecord>& metrics) {
  Json json = Json::array();
  for (const MetricRecord& m : metrics)
    json.push_back({{"filter", m.filter},
                    {"metric", m.metric},
                    {"aggregation", m.aggregation},
                    {"higher_is_better", m.higher_is_better},
                    {"beside", m.beside}});
  return compact_json(json);
}

namespace {

/// Each of a stored list; what has another form than was written there is somebody else's writing.
void for_each_stored(const std::string& json, const char* what, const std::string& place,
                     const std::function<void(const Json&)>& read) {
  read_stored(json, what, place, [&](const Json& list) {
    for (const Json& one : list.get_ref<const Json::array_t&>()) read(one);
  });
}

}  // namespace

std::vector<MetricRecord> decode_metrics(const std::string& json, const std::string& place) {
  std::vector<MetricRecord> metrics;
  for_each_stored(json, "metrics", place, [&](const Json& m) {
    metrics.push_back({m.at("filter"), m.at("metric"), m.at("aggregation"),
                       m.at("higher_is_better"), m.value("beside", false)});
  });
  return metrics;
}

std::string encode_values(const SampleValues& values, const std::string& reference) {
  Json json = Json::array();
  for (const auto& [metric, numbers] : values) json.push_back(Json::array({metric, numbers}));
  if (!json.empty() && !reference.empty()) json[0].push_back(reference);
  return python_json_dumps(json);
}

namespace {

/// Values as encode_values() writes them, read without a tree: they are most of what a report
/// reads. Whatever looks otherwise is left to the parser of JSON.
class PlainValues {
 public:
  explicit PlainValues(std::string_view json) : at_(json.data()), end_(at_ + json.size()) {}

  /// Null where the text is not of the plain form.
  std::optional<SampleValues> read() {
    SampleValues out;
    if (!take('[')) return std::nullopt;
    while (take('[')) {
      out.emplace_back();
      if (!name(out.back().first) || !take(',') || !numbers(out.back().second) || !take(']'))
        return std::nullopt;
      if (!take(',')) break;
    }
    return take(']') && at_ == end_ ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    if (c == ',' && at_ != end_ && *at_ == ' ') ++at_;
    return true;
  }
  bool name(std::string& out) {
    if (!take('"')) return false;
    const char* begin = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') ++at_;
    out.assign(begin, at_);
    return take('"');
  }
  bool numbers(std::vector<double>& out) {
    if (!take('[')) return false;
    do {
      const bool negative = at_ != end_ && *at_ == '-';
      const char first = negative && at_ + 1 != end_ ? at_[1] : at_ != end_ ? *at_ : ' ';
      if (first < '0' || first > '9') return false;  // NaN, Infinity, none
      double value = 0;
      const auto [behind, error] = std::from_chars(at_, end_, value);
      if (error != std::errc()) return false;
      at_ = behind;
      out.push_back(value);
    } while (take(','));
    return take(']');
  }

  const char* at_;
  const char* end_;
};

}  // namespace

SampleValues decode_values(const std::string& json, const std::string& place,
                           std::string* reference) {
  if (utf8_valid(json))
    if (auto plain = PlainValues(json).read()) return std::move(*plain);
  SampleValues values;
  for_each_stored(json, "values", place, [&](const Json& pair) {
    values.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::vector<double>>());
    if (reference && pair.size() > 2) *reference = pair.at(2).get<std::string>();
  });
  return values;
}

namespace {

Json mixtures_json(const std::vector<MixtureRecord>& mixtures) {
  Json json = Json::array();
  for (const MixtureRecord& m : mixtures)
    json.push_back({{"name", m.name}, {"source", m.source}, {"weights", m.weights}});
  return json;
}

std::vector<MixtureRecord> mixtures_of(const Json& group) {
  std::vector<MixtureRecord> mixtures;
  if (!group.contains("mixtures")) return mixtures;  // stored before there were any
  for (const Json& m : group["mixtures"])
    mixtures.push_back({m.at("name"), m.at("source"), m.at("weights")});
  return mixtures;
}

constexpr std::size_t kShortContext = 64;  // bytes that are not worth the search

/// Behind the closing quote of the JSON string that begins at `begin`.
std::size_t end_of_string(const std::string& json, std::size_t begin) {
  for (std::size_t quote = json.find('"', begin + 1); quote != std::string::npos;
       quote = json.find('"', quote + 1)) {
    std::size_t slashes = 0;
    while (json[quote - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return quote + 1;
  }
  return json.size();
}

/// `json` with null for each later request's first argument that is written as the first request's.
std::string without_repeats(const std::string& json) {
  constexpr std::string_view kNextRequest = "],[";
  const std::size_t end = end_of_string(json, 2);
  const std::string_view first = std::string_view(json).substr(2, end - 2);
  std::string out = json.substr(0, end);
  std::size_t copied = end;
  for (std::size_t begin = json.find('"', end); begin != std::string::npos;) {
    const std::size_t behind = end_of_string(json, begin);
    const bool leads =
        json.compare(begin - kNextRequest.size(), kNextRequest.size(), kNextRequest) == 0;
    if (leads && std::string_view(json).substr(begin, behind - begin) == first) {
      out += json.substr(copied, begin - copied) + "null";
      copied = behind;
    }
    begin = json.find('"', behind);
  }
  return out + json.substr(copied);
}

}  // namespace

std::string encode_groups(const std::vector<GroupRecord>& groups) {
  Json json = Json::array();
  for (const GroupRecord& group : groups) {
    Json metrics = Json::array();
    for (const GroupMetricRecord& m : group.metrics)
      metrics.push_back(
          {{"metric", m.metric}, {"filters", m.filters}, {"weight_by_size", m.weight_by_size}});
    json.push_back({{"name", group.name},
                    {"alias", group.alias},
                    {"version", group.version_json},
                    {"children", group.children},
                    {"leaves", group.leaves},
                    {"metrics", metrics},
                    {"mixtures", mixtures_json(group.mixtures)}});
  }
  return compact_json(json);
}

std::vector<GroupRecord> decode_groups(const std::string& json, const std::string& place) {
  std::vector<GroupRecord> groups;
  if (json.empty()) return groups;
  for_each_stored(json, "groups", place, [&](const Json& g) {
    GroupRecord group{
        g.at("name"), g.at("alias"), g.at("version"), g.at("children"), g.at("leaves"), {}, {}};
    for (const Json& m : g.at("metrics"))
      group.metrics.push_back({m.at("metric"), m.at("filters"), m.at("weight_by_size")});
    group.mixtures = mixtures_of(g);
    groups.push_back(std::move(group));
  });
  return groups;
}

Json decode_arguments(const std::string& json, const std::string& what, const std::string& place) {
  if (json.empty()) return Json::array();
  if (!json.starts_with("[[\"") || end_of_string(json, 2) < kShortContext)
    return stored_json(json, what, place);
  Json out = stored_json(without_repeats(json), what, place);
  for (Json& request : out)
    if (request.is_array() && !request.empty() && request[0].is_null()) request[0] = out[0][0];
  return out;
}

}  // namespace flm
