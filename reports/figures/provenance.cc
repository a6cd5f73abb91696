#include "reports/figures/provenance.h"

#include <nlohmann/json.hpp>

#include "base/text/shell_word.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// "12.3 s, 5,000 tokens computed of 9,000, 40 answers from the store"
std::string cost_text(const Json& cost) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  const auto count = [&](const char* key) { return grouped(cost[key].get<std::int64_t>()); };
  if (cost.contains("seconds")) add(fixed(cost["seconds"].get<double>(), 1) + " s");
  if (cost.contains("rows_really_computed") && cost.contains("tokens_submitted"))
    add(count("rows_really_computed") + " tokens computed of " + count("tokens_submitted"));
  if (cost.value("generated_tokens", std::int64_t{0}) > 0)
    add(count("generated_tokens") + " generated");
  if (cost.value("responses_from_store", std::int64_t{0}) > 0)
    add(count("responses_from_store") + " answers from the store");
  if (const std::string unknown = cost_unknown(cost); !unknown.empty()) add(unknown);
  return out;
}

/// "F32 weights, computed as flm-cpu-1/fp32 on cpu, avx512, 2 threads"
std::string numbers_text(const RunRecord& run, const Json& engine) {
  std::string out;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  };
  if (const std::string dtype = text_at(engine, "weight_dtype"); !dtype.empty())
    add(dtype + " weights");
  add(run.numerics.empty() ? "" : "computed as " + run.numerics);
  add(text_at(engine, "device"));
  add(text_at(engine, "isa"));
  return out;
}

std::string machine_text(const Json& environment) {
  std::string out = text_at(environment, "system");
  if (environment.contains("cores"))
    out += (out.empty() ? "" : ", ") + environment["cores"].dump() + " cores";
  return out;
}

std::string limit_text(const Json& options) {
  const Json settings = options.value("settings", Json::object());
  if (!settings.contains("limit")) return "";
  if (!settings["limit"].is_number()) return "none";
  const double limit = settings["limit"].get<double>();
  if (limit < 1) return fixed(100 * limit, 1) + "% of each task";
  return limit == 1 ? "first document of each task"
                    : "first " + fixed(limit, 0) + " documents of each task";
}

std::string data_text(const Json& options) {
  if (!options.contains("data")) return "";
  const Json& data = options["data"];
  const std::string root = text_at(data, "root");
  std::string out =
      root.empty() ? "built-in samples where there are, else Hugging Face's caches" : root;
  for (const Json& note : data.value("notes", Json::array())) out += "; " + note.get<std::string>();
  return out;
}

}  // namespace

std::string cost_unknown(const Json& cost) {
  const auto killed = cost.value("killed_beginnings", std::int64_t{0});
  if (killed == 0) return "";
  return "what " + std::to_string(killed) + " killed " + (killed == 1 ? "process" : "processes") +
         " took is not known";
}

std::string command_of_run(const RunRecord& run) {
  const Json options = options_part(run);
  if (!options.contains("arguments")) return "";
  std::string out = "flmeval";
  for (const Json& word : options["arguments"]) out += " " + shell_word(word.get<std::string>());
  return out;
}

std::vector<std::pair<std::string, std::string>> provenance(const Report& report) {
  const RunRecord& run = report.run;
  const Json options = options_part(run), environment = environment_part(run);
  std::vector<std::pair<std::string, std::string>> out;
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) out.push_back({name, terminal_safe(text)});
  };
  add("command", command_of_run(run));
  add("in the folder", text_at(options, "folder"));
  add("begun", run.created);
  add("took", cost_text(cost_part(run)));
  add("model", run.model);
  add("numbers", numbers_text(run, engine_part(run)));
  add("data", data_text(options));
  add("limit", limit_text(options));
  add("flmeval", text_at(environment, "flmeval"));
  add("machine", machine_text(environment));
  add("weights", run.weights_hash);
  add("tokenizer", run.tokenizer_hash);
  add("protocol", run.protocol_hash);
  add("numerics", run.numerics_hash);
  add("fingerprint", run.fingerprint);
  return out;
}

}  // namespace flm
