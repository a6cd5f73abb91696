#include "harness/run/replay.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/sha256.h"
#include "reports/views/outputs.h"

namespace flm {
namespace {

/// The bytes of a plain or gzipped file.
std::string read_maybe_gzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw UserError("cannot read replay file " + path);
  std::string bytes;
  char buffer[1 << 16];
  int n = 0;
  while ((n = gzread(file, buffer, sizeof buffer)) > 0)
    bytes.append(buffer, static_cast<std::size_t>(n));
  int error = 0;
  const bool bad = n < 0 || (gzerror(file, &error), error < 0);
  gzclose(file);
  if (bad) throw UserError("cannot read replay file, broken gzip: " + path);
  return bytes;
}

/// The logs of one of our folders that are its run's: samples of an earlier run may lie beside
/// them. Nothing where results.json is not ours.
std::vector<std::string> files_of_results(const std::string& folder) {
  const std::string path = folder + "/results.json";
  if (!std::filesystem::exists(path)) return {};
  const Json results = read_json_file(path);
  if (!results.is_object() || !results.contains("flmeval") || !results.contains("configs"))
    return {};
  std::vector<std::string> files;
  for (const auto& [task, config] : results["configs"].items())
    if (const std::string file = folder + "/" + samples_file(task); std::filesystem::exists(file))
      files.push_back(file);
  return files;
}

/// FILE as it is; of a folder of a run of ours, its samples; of another one, every
/// samples_*.jsonl[.gz] in the order of names.
std::vector<std::string> files_of(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::string> files = files_of_results(path);
  if (!files.empty()) return files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("samples_", 0) == 0 && name.find(".jsonl") != std::string::npos)
      files.push_back(entry.path().string());
  }
  if (files.empty())
    throw UserError("replay: no samples_*.jsonl in " + path + "; log them with --log-samples");
  std::sort(files.begin(), files.end());
  return files;
}

/// samples_TASK_2024-01-01T00-00-00.123.jsonl[.gz] or our samples_TASK.jsonl -> TASK.
std::string task_of_file(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.rfind("samples_", 0) != 0) return "";
  name = name.substr(8);
  name = name.substr(0, name.find(".jsonl"));
  const std::size_t last = name.rfind('_');
  const bool dated = last != std::string::npos && name.size() > last + 10 &&
                     name[last + 5] == '-' && name[last + 8] == '-';
  return dated ? name.substr(0, last) : name;
}

/// A logged prompt is the text, or "sha256:HEX" where --log-prompts wrote its hash.
std::string hash_of_prompt(const std::string& logged) {
  const std::string mark = "sha256:";
  return logged.rfind(mark, 0) == 0 && logged.size() == mark.size() + 64
             ? logged.substr(mark.size())
             : sha256_hex(logged);
}

double number_of(const Json& value, const std::string& where) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end && *end == '\0' && !text.empty()) return number;
  }
  throw UserError(where + ": not a log-probability: " + value.dump());
}

/// gen_args_0, gen_args_1, ... by their numbers: a log with sorted keys has gen_args_10 before
/// gen_args_2.
std::vector<Json> in_order(const Json& arguments) {
  std::map<std::pair<std::size_t, std::string>, Json> by_number;  // of two the shorter is less
  for (const auto& [name, value] : arguments.items()) {
    const std::string digits = name.substr(name.find_last_not_of("0123456789") + 1);
    by_number[{digits.size(), digits}] = value;
  }
  std::vector<Json> out;
  for (auto& [number, value] : by_number) out.push_back(std::move(value));
  return out;
}

bool truth_of(const Json& value) {
  return value.is_boolean() ? value.get<bool>() : value == "True";
}

}  // namespace

struct ReplayLog::Entry {
  std::string where;          // FILE:line
  Json responses;             // one element a request
  bool repeats_flat = false;  // the records' generation: resps are the repeats of the one request
  std::vector<std::string> context_hashes, continuations;
};

struct ReplayLog::State {
  std::map<std::pair<std::string, std::int64_t>, Entry> entries;
};

ReplayLog::~ReplayLog() = default;

ReplayLog::ReplayLog(const std::string& spec) : state_(std::make_unique<State>()) {
  Sha256 hash;
  std::stringstream files(spec.substr(std::string("replay:").size()));
  int count = 0;
  for (std::string given; std::getline(files, given, ','); ++count) {
    for (const std::string& path : files_of(given)) {
      std::string bytes = read_maybe_gzip(path);
      hash.update(bytes);
      read(path, std::move(bytes));
    }
  }
  if (count == 0) throw UserError("replay: wants FILE[,FILE]: " + spec);
  hash_ = hash.hex();
}

void ReplayLog::read(const std::string& path, std::string bytes) {
  std::istringstream lines(std::move(bytes));
  const std::string file_task = task_of_file(path);
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    if (text.empty()) continue;
    const std::string where = path + ":" + std::to_string(number);
    const Json line = parse_json(text, where);
    if (!line.is_object() || !line.contains("doc_id") || !line.contains("resps")) {
      throw UserError(where + ": not a logged sample: it lacks doc_id or resps");
    }
    try {
      const std::string task = line.contains("task") ? line["task"].get<std::string>() : file_task;
      if (task.empty())
        throw UserError(where +
                        ": which task? neither a \"task\" key nor a name samples_TASK_*.jsonl");
      if (!line["doc_id"].is_number_integer())
        throw UserError(where + ": doc_id must be a whole number: " + line["doc_id"].dump());
      keep(task, line["doc_id"].get<std::int64_t>(), entry_of(line, where));
    } catch (const Json::exception& error) {
      throw UserError(where + ": a logged sample with a value of the wrong type: " + error.what());
    }
  }
}

ReplayLog::Entry ReplayLog::entry_of(const Json& line, const std::string& where) {
  Entry entry;
  entry.where = where;
  entry.responses = line["resps"];
  if (!entry.responses.is_array())
    throw UserError(where + ": resps must be a list: " + entry.responses.dump());
  entry.repeats_flat = line.value("kind", "") == "generate_until";
  if (line.contains("context_hashes"))
    entry.context_hashes = line["context_hashes"].get<std::vector<std::string>>();
  if (line.contains("continuations"))
    entry.continuations = line["continuations"].get<std::vector<std::string>>();
  if (line.contains("arguments") && line["arguments"].is_object()) {
    for (const Json& arguments : in_order(line["arguments"])) {
      if (arguments.contains("arg_0") && arguments["arg_0"].is_string())
        entry.context_hashes.push_back(hash_of_prompt(arguments["arg_0"].get<std::string>()));
      if (arguments.contains("arg_1") && arguments["arg_1"].is_string())
        entry.continuations.push_back(arguments["arg_1"]);
    }
  }
  if (entry.context_hashes.empty() && line.contains("prompt_hash"))
    entry.context_hashes = {line["prompt_hash"].get<std::string>()};
  return entry;
}

/// lm-evaluation-harness logs a document once for each filter: the same answers again.
void ReplayLog::keep(const std::string& task, std::int64_t doc_id, Entry entry) {
  const auto [place, fresh] = state_->entries.try_emplace({task, doc_id});
  if (!fresh && place->second.responses != entry.responses) {
    throw UserError("replay: two different answers for " + task + " document " +
                    std::to_string(doc_id) + ", " + place->second.where + " and " + entry.where +
                    "; give the samples of one run");
  }
  if (fresh) place->second = std::move(entry);
}

/// What the log has in place of an item that it lacks.
std::string ReplayLog::what_is_there(const std::string& task) const {
  std::set<std::string> names;
  std::int64_t documents = 0;
  for (const auto& [place, entry] : state_->entries) {
    names.insert(place.first);
    documents += place.first == task;
  }
  if (documents > 0)
    return "; it has " + std::to_string(documents) +
           " documents of the task: choose them with --limit or --samples";
  if (names.empty()) return "; it is empty";
  constexpr std::ptrdiff_t kNamed = 5;
  const auto end = std::next(names.begin(), std::min(kNamed, std::ssize(names)));
  std::string out;
  for (auto name = names.begin(); name != end; ++name) out += (out.empty() ? "" : ", ") + *name;
  if (std::ssize(names) > kNamed) out += " and " + std::to_string(names.size() - kNamed) + " more";
  return "; it has the tasks " + out;
}

void ReplayLog::answer(const std::string& task, PlannedItem& planned) const {
  const TaskItem& item = planned.item;
  const std::string name = task + " document " + std::to_string(item.doc_id);
  const auto found = state_->entries.find({task, item.doc_id});
  if (found == state_->entries.end())
    throw UserError("the replay log lacks " + name + what_is_there(task));
  const Entry& entry = found->second;
  const std::size_t count = entry.repeats_flat ? 1 : entry.responses.size();
  if (count != item.requests.size()) {
    throw UserError(entry.where + ": " + name + " has " + std::to_string(item.requests.size()) +
                    " requests here, the log has " + std::to_string(count));
  }
  for (std::size_t r = 0; r < item.requests.size(); ++r) {
    const TaskRequest& request = item.requests[r];
    const std::string which = entry.where + ": " + name + " request " + std::to_string(r);
    if (!entry.context_hashes.empty()) {
      // A prompt_hash alone is the first request's; the others share its prompt or have none
      // logged.
      if (r >= entry.context_hashes.size() && entry.context_hashes.size() > 1)
        throw UserError(which + ": the log has a prompt for " +
                        std::to_string(entry.context_hashes.size()) + " of its requests only");
      if (r < entry.context_hashes.size() && entry.context_hashes[r] != sha256_hex(request.context))
        throw UserError(which + ": its prompt differs from the one rendered here");
    }
    if (request.kind == RequestKind::kLoglikelihood && r < entry.continuations.size() &&
        entry.continuations[r] != request.continuation) {
      throw UserError(which + ": its continuation differs: \"" + entry.continuations[r] +
                      "\", here \"" + request.continuation + "\"");
    }
    RequestAnswer& answer = planned.answers[r];
    Json response = entry.repeats_flat ? entry.responses : entry.responses[r];
    if (request.kind == RequestKind::kGenerate) {
      for (const Json& text : response) {
        if (!text.is_string()) throw UserError(which + ": not a generated text: " + text.dump());
        answer.texts.push_back(text.get<std::string>());
      }
      continue;
    }
    while (response.is_array() && !response.empty() && response[0].is_array())
      response = Json(response[0]);
    const bool pair = response.is_array();
    if (response.is_object() || (pair && response.empty()))
      throw UserError(which + ": not a log-probability: " + response.dump());
    answer.logprob = number_of(pair ? response.at(0) : response, which);
    answer.is_greedy = pair && response.size() > 1 && truth_of(response[1]);
  }
}

}  // namespace flm
