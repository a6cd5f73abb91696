#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/model/engine_speed.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/requests/generate_line.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

Json result_line(const Json& id, const GenerateResult& result) {
  Json line;
  line["id"] = id;
  line["tokens"] = result.tokens;
  line["text"] = result.text;
  line["logprobs"] = result.logprobs;
  line["finish_reason"] = result.finish_reason;
  return line;
}

}  // namespace

int command_generate(const Options& given, Progress& progress) {
  Options options = given;
  if (options.prompt.empty() == options.prompts_file.empty())
    throw UserError("give either --prompt TEXT or --prompts FILE.jsonl");
  options.model = settle_model_flags(options.model, progress);
  auto tokenizer = open_tokenizer(options.model);
  auto engine = open_engine(options.model, progress);
  GenerateLineRules rules{options.generation, options.ignore_eos, *tokenizer,
                          engine->info().vocab_rows, engine->info().max_length};
  std::vector<GenerateLine> lines;
  std::vector<GenerateRequest> requests;
  const bool one_prompt = options.prompts_file.empty();
  if (one_prompt) {
    lines.push_back({0, "", generate_request_of(Json{{"prompt", options.prompt}}, rules)});
  } else {
    for_each_line(options.prompts_file, [&](int number, const std::string& text) {
      const std::string origin = options.prompts_file + ":" + std::to_string(number);
      lines.push_back(read_generate_line(text, origin, number - 1, rules));
    });
  }
  for (GenerateLine& line : lines)
    if (line.error.empty()) requests.push_back(std::move(line.request));

  std::vector<GenerateResult> results(requests.size());
  std::size_t done = 0;
  const bool complete = engine->generate(
      requests, *tokenizer,
      [&](std::size_t index, GenerateResult&& result) {
        results[index] = std::move(result);
        progress.update("generated", static_cast<std::int64_t>(++done),
                        static_cast<std::int64_t>(results.size()));
      },
      [] {}, interrupt_flag());
  if (!complete) return kInterrupted;
  note_operation_times(*engine, options.model, progress);
  progress.note(speed_line(engine->counters()));

  bool all_good = true;
  std::size_t next = 0;
  for (const GenerateLine& line : lines) {
    const std::size_t at = next;
    next += line.error.empty();
    const std::string& error = line.error.empty() ? results[at].error : line.error;
    all_good &= error.empty();
    if (!error.empty()) {
      if (one_prompt && !options.json) throw UserError(error);
      print_line(compact_json(Json{{"id", line.id}, {"error", error}}));
    } else if (one_prompt && !options.json) {
      print_line(results[at].text);
    } else {
      print_line(compact_json(result_line(line.id, results[at])));
    }
  }
  return all_good ? kDone : kUserError;
}

}  // namespace flm
