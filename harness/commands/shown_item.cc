#include "harness/commands/shown_item.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/store/sample_parts.h"

namespace flm {
namespace {

const char* type_name(RequestKind kind) {
  switch (kind) {
    case RequestKind::kRolling:
      return "loglikelihood_rolling";
    case RequestKind::kGenerate:
      return "generate_until";
    default:
      return "loglikelihood";
  }
}

Json request_line(const std::string& task, const TaskItem& item, const TaskRequest& request) {
  Json line;
  line["task"] = task;
  line["doc_id"] = item.doc_id;
  line["request_type"] = type_name(request.kind);
  line["prompt"] = request.context;
  line["targets"] = Json::array();
  if (request.kind == RequestKind::kLoglikelihood) line["targets"].push_back(request.continuation);
  line["generation"] = request.kind == RequestKind::kGenerate
                           ? parse_json(request.generation.as_json, "generation options")
                           : Json(nullptr);
  line["fewshot_ids"] = item.fewshot_ids;
  line["gold"] = item.target;
  line["doc_hash"] = item.doc_hash;
  line["prompt_hash"] = item.prompt_hash;
  line["target_hash"] = item.target_hash;
  return line;
}

Json pieces_of(const std::vector<std::int32_t>& ids, const Tokenizer& tokenizer) {
  Json pieces = Json::array();
  for (const std::int32_t id : ids) pieces.push_back(tokenizer.piece(id));
  return pieces;
}

/// "a" -> "\"a\"", with what a terminal cannot show escaped.
std::string quoted(const std::string& text) { return Json(text).dump(); }

bool is_gold(const TaskItem& item, std::size_t choice) {
  return std::find(item.gold.begin(), item.gold.end(), choice) != item.gold.end();
}

bool same_context(const TaskItem& item) {
  for (const TaskRequest& request : item.requests)
    if (request.context != item.requests[0].context) return false;
  return true;
}

std::string prompt_section(const std::string& title, const std::string& text) {
  return "--- " + title + ", " + std::to_string(text.size()) + " bytes\n" + text + "\n";
}

std::string requests_section(const TaskItem& item) {
  const bool choices =
      item.requests.size() > 1 && item.requests[0].kind == RequestKind::kLoglikelihood;
  const bool shared = !item.requests.empty() && same_context(item);
  std::string out;
  if (shared) out += prompt_section("prompt", item.requests[0].context);
  for (std::size_t r = 0; r < item.requests.size(); ++r) {
    const TaskRequest& request = item.requests[r];
    if (!shared) {
      out += prompt_section("prompt of request " + std::to_string(r), request.context);
    } else if (r == 0 && choices) {
      out += item.gold.empty() ? "--- choices\n" : "--- choices, * = gold\n";
    }
    if (request.kind == RequestKind::kLoglikelihood) {
      out += choices ? (is_gold(item, r) ? "* " : "  ") + std::to_string(r) + "  " : "--- target  ";
      out += quoted(request.continuation) + "\n";
    }
    if (request.kind == RequestKind::kGenerate)
      out += "--- generation  " + request.generation.as_json + "\n";
  }
  return out;
}

/// 12 tokens, 2 scored: 345 "The" 66 " cat" | 77 " sat"
std::string tokens_text(const Json& request) {
  const Json& ids = request.at("tokens");
  const std::size_t scored_from = request.value("first_scored", ids.size());
  std::string out = std::to_string(ids.size()) + " tokens";
  if (request.contains("first_scored"))
    out += ", " + std::to_string(ids.size() - scored_from) + " scored";
  out += ":";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == scored_from) out += " |";
    out += " " + ids[i].dump() + " " + request.at("pieces")[i].dump();
  }
  return out + "\n";
}

std::string results_section(const Json& results) {
  std::string out;
  for (const Json& one : results) {
    out += "--- results, filter " + one.at("filter").get<std::string>() + ": ";
    if (one.at("status") == "unanswerable") {
      out += one.at("values").dump() + ", " + one.at("message").get<std::string>();
    } else if (one.at("status") != "ok") {
      out += one.at("status").get<std::string>() + ": " + one.at("message").get<std::string>();
    } else {
      out += one.at("values").dump();
    }
    out += "\n    responses  " + one.at("resps").dump() + "\n    filtered   " +
           one.at("filtered").dump() + "\n";
    if (one.contains("verdicts")) out += "    verdicts   " + one.at("verdicts").dump() + "\n";
  }
  return out;
}

}  // namespace

std::vector<Json> item_lines(const PlannedTask& task, const PlannedItem& item, const RunPlan& plan,
                             const ItemRequests& requests, const Tokenizer* tokenizer) {
  std::vector<Json> lines;
  if (item.item.requests.empty()) {  // it could not be rendered
    lines.push_back(request_line(task.task->name(), item.item, {}));
    lines.back()["problem"] = item.message;
  }
  for (std::size_t r = 0; r < item.item.requests.size(); ++r) {
    Json line = request_line(task.task->name(), item.item, item.item.requests[r]);
    if (tokenizer) {
      Json engine = Json::array();
      for (const std::size_t s : requests.scores[r]) {
        const ScoreRequest& score = plan.scores[s];
        engine.push_back({{"tokens", score.tokens},
                          {"pieces", pieces_of(score.tokens, *tokenizer)},
                          {"first_scored", score.first_scored}});
      }
      for (const std::size_t g : requests.generations[r]) {
        const std::vector<std::int32_t>& prompt = plan.generations[g].prompt;
        engine.push_back({{"tokens", prompt}, {"pieces", pieces_of(prompt, *tokenizer)}});
      }
      line["engine"] = std::move(engine);
      if (item.status != "ok") line["problem"] = item.message;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Json item_results(const std::vector<SampleRecord>& records) {
  Json results = Json::array();
  const auto or_null = [](const std::string& json, Json part) {
    return json.empty() ? Json() : std::move(part);
  };
  for (const SampleRecord& sample : records) {
    Json values = Json::object();
    for (const auto& [metric, value] : sample.values) values[metric] = value;
    results.push_back({{"filter", sample.filter},
                       {"status", sample.status},
                       {"resps", or_null(sample.resps_json, sample_responses(sample))},
                       {"filtered", or_null(sample.filtered_json, sample_filtered(sample))},
                       {"values", std::move(values)}});
    if (sample.status != "ok") {
      results.back()["message"] = sample.message;
    } else if (!sample.message.empty()) {
      results.back()["verdicts"] = sample_verdicts(sample);
    }
  }
  return results;
}

std::string item_page(const PlannedTask& task, const PlannedItem& item,
                      const std::vector<Json>& lines, const Json& results) {
  const TaskItem& doc = item.item;
  std::string out = "=== " + task.task->name() + " document " + std::to_string(doc.doc_id) + ", " +
                    task.task->output_type() + "\n" + requests_section(doc);
  out += "--- gold  " + quoted(doc.target) + (doc.remark.empty() ? "" : ", " + doc.remark) + "\n";
  if (!doc.fewshot_ids.empty()) out += "--- shots  " + Json(doc.fewshot_ids).dump() + "\n";
  for (std::size_t r = 0; r < lines.size(); ++r) {
    if (!lines[r].contains("engine")) continue;
    for (const Json& request : lines[r].at("engine"))
      out += "--- request " + std::to_string(r) + "  " + tokens_text(request);
  }
  if (!lines.empty() && lines[0].contains("problem"))
    out += "--- problem  " + lines[0].at("problem").get<std::string>() + "\n";
  out += "--- hashes  doc " + doc.doc_hash + "\n            prompt " + doc.prompt_hash +
         "\n            target " + doc.target_hash + "\n";
  return out + results_section(results);
}

}  // namespace flm
