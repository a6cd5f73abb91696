// The subcommands that show what there is: prompts, tasks, data sets, checkpoints (parser.h).
#include <CLI/CLI.hpp>

#include "harness/cli/flags.h"
#include "harness/cli/parser.h"

namespace flm {
namespace {

void add_show(Parser& parser) {
  Options& o = parser.options;
  CLI::App* show = parser.add("show", "The exact requests of a task, and a run's answers to them",
                              "flmeval show --tasks gsm8k --num-fewshot 5 --doc 0");
  add_model_or_replay_flag(*show, o.model);
  add_context_flags(*show, o.model);
  add_tokenizer_flags(*show, o.model);
  add_task_flags(*show, o.task);
  begin_heading(*show, "Items");
  show->add_option("--doc", o.doc, "Only this document")->type_name("N");
  auto* run =
      show->add_option("--run", o.run.resume, "Also the results of a stored run")->type_name("RUN");
  show->add_flag("--wrong", o.wrong, "With --run: only the items that it got wrong")->needs(run);
  add_store_flag(*show, o.run);
  add_json_flag(*show, o, "JSONL, one line a request");
}

void add_tasks(Parser& parser) {
  Options& o = parser.options;
  CLI::App* tasks = parser.add("tasks", "The tasks there are, and whether a task file is sound",
                               "flmeval tasks list mmlu");
  begin_heading(*tasks, "Tasks");
  tasks
      ->add_option("--include-path,--include_path", o.task.include_path,
                   "Also the task files below DIR")
      ->type_name("DIR");
  add_native_flag(*tasks, o.task);
  add_data_flag(*tasks, o.task);
  tasks->add_flag("--files-only,--files_only", o.files_only,
                  "validate: keys, templates and patterns alone, without data");
  tasks->add_option("--kind", o.kind, "list: names of one kind alone")
      ->type_name("KIND")
      ->check(CLI::IsMember({"task", "group", "tag"}));
  add_json_flag(*tasks, o, "One JSON document on stdout");
  CLI::App* list =
      parser.add_action(*tasks, "list", "Every name that --tasks knows", "flmeval tasks list");
  CLI::App* show = parser.add_action(
      *tasks, "show", "Shots, metrics, documents, whether the data are there, what it asks",
      "flmeval tasks show gsm8k");
  parser.add_operands(*show, "TASK", "Names");
  CLI::App* validate = parser.add_action(*tasks, "validate", "Check task files",
                                         "flmeval tasks validate my_task.yaml");
  parser.add_operands(*list, "[PATTERN]", "Only the names that have this in them, * for any")
      ->expected(1);
  parser.add_operands(*validate, "FILE",
                      "Task files, or folders of them; a task's or group's name is its file");
}

void add_data(Parser& parser) {
  Options& o = parser.options;
  CLI::App* data = parser.add("data", "The data sets: where they are, checksums, fetching",
                              "flmeval data verify --data DIR");
  begin_heading(*data, "Data");
  data->add_option("--data", o.task.data,
                   "Root of the data sets (docs/data.md): fetch wants one; without it the "
                   "others look at the built-in samples")
      ->type_name("DIR")
      ->default_str("FLMEVAL_DATA");
  add_json_flag(*data, o, "One JSON document on stdout");
  const std::pair<const char*, const char*> actions[] = {
      {"list", "Official source, licence, and where each is found"},
      {"verify", "The same with checksums of every file"},
      {"fetch", "Download from the official source"}};
  for (const auto& [name, about] : actions) {
    const bool fetch = std::string(name) == "fetch";
    CLI::App* action = parser.add_action(
        *data, name, about,
        std::string("flmeval data ") + name + " gsm8k" + (fetch ? " --data DATA" : ""));
    parser.add_operands(*action, fetch ? "NAME" : "[NAME...]", "Data sets");
  }
}

void add_model(Parser& parser) {
  Options& o = parser.options;
  CLI::App* model = parser.add("model", "A checkpoint's config, tensors, parameters and hashes",
                               "flmeval model verify models/nano/step_01600");
  begin_heading(*model, "Model");
  add_checkpoint_flags(*model, o.model);
  model
      ->add_option("--against", o.against,
                   "verify: another folder, such as the one DIR is a copy of; names the tensors "
                   "and chunks that differ")
      ->type_name("DIR");
  add_json_flag(*model, o, "One JSON document, in one line");
  for (const auto& [name, about] :
       {std::pair{"show", "Config, tensors, parameters"},
        std::pair{"verify",
                  "The same, with hashes, finite weights and the trainer's own checks"}}) {
    CLI::App* action =
        parser.add_action(*model, name, about, std::string("flmeval model ") + name + " DIR");
    parser.add_operands(*action, "DIR", "A checkpoint, or a trainer's root")->expected(1);
  }
}

}  // namespace

void add_looking_commands(Parser& parser) {
  parser.heading = "Look";
  add_show(parser);
  add_tasks(parser);
  add_data(parser);
  add_model(parser);
}

}  // namespace flm
