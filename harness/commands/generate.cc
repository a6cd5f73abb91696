#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands/answered_lines.h"
#include "harness/commands/commands.h"
#include "harness/model/engine_speed.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/requests/generate_line.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

using Lines = AnsweredLines<GenerateLine, GenerateResult>;

std::string result_line(const GenerateLine& of, const GenerateRequest&,
                        const GenerateResult& result) {
  Json line;
  line["id"] = of.id;
  if (of.cut > 0) line["cut"] = of.cut;
  line["tokens"] = result.tokens;
  line["text"] = result.text;
  line["logprobs"] = result.logprobs;
  line["finish_reason"] = result.finish_reason;
  return compact_json(line);
}

std::vector<GenerateLine> read_lines(const Options& options, const GenerateLineRules& rules) {
  if (options.prompts_file.empty()) return {generate_line_of_prompt(options.prompt, rules)};
  std::vector<GenerateLine> lines;
  for_each_line(options.prompts_file, [&](int number, const std::string& text) {
    const std::string origin = options.prompts_file + ":" + std::to_string(number);
    lines.push_back(read_generate_line(text, origin, number - 1, rules));
  });
  return lines;
}

/// JSON; of a single prompt the text alone, unless JSON was asked for.
Lines lines_of(const Options& options, const GenerateLineRules& rules) {
  std::vector<GenerateLine> lines = read_lines(options, rules);
  if (options.json || !options.prompts_file.empty()) return {std::move(lines), result_line};
  return {std::move(lines),
          [](const GenerateLine&, const GenerateRequest&, const GenerateResult& result) {
            return result.text;
          },
          [](const Json&, const std::string& error) -> std::string { throw UserError(error); }};
}

}  // namespace

int command_generate(const Options& given, Progress& progress) {
  Options options = given;
  if (options.prompt.empty() == options.prompts_file.empty())
    throw UserError("give either --prompt TEXT or --prompts FILE.jsonl");
  options.model = settle_model_flags(options.model, progress);
  refuse_replay("generate", options.model);
  auto tokenizer = open_tokenizer(options.model);
  auto engine = open_engine(options.model, progress);
  GenerateLineRules rules{options.generation,
                          options.ignore_eos,
                          *tokenizer,
                          engine->info().vocab_rows,
                          engine->info().max_length,
                          options.model.over_long == "truncate-left"};
  Lines lines = lines_of(options, rules);
  lines.answer(
      [&](const auto& requests, const auto& sink, const auto& commit) {
        return engine->generate(requests, *tokenizer, sink, commit, interrupt_flag());
      },
      "generated", progress);
  note_operation_times(*engine, options.model, progress);
  progress.note(speed_line(engine->counters()));
  lines.require_all_good();
  return kDone;
}

}  // namespace flm
