// The subcommands about the machine and the program itself (parser.h).
#include <CLI/CLI.hpp>

#include "harness/cli/flags.h"
#include "harness/cli/parser.h"

namespace flm {
namespace {

void add_doctor(Parser& parser) {
  Options& o = parser.options;
  CLI::App* doctor =
      parser.add("doctor", "Machine, libraries and devices: what will be used and what is missing",
                 "flmeval doctor");
  begin_heading(*doctor, "Algorithms of a GPU");
  CLI::Option* model =
      doctor->add_option("--model", o.model.model, "Whose products to measure")->type_name("MODEL");
  CLI::Option* device =
      doctor->add_option("--device", o.model.device, "The GPU to measure: cuda, cuda:N")
          ->type_name("DEVICE");
  CLI::Option* precision = doctor->add_option("--precision", o.model.precision, "Operands")
                               ->check(CLI::IsMember({"auto", "fp32", "bf16"}))
                               ->default_str("auto");
  CLI::Option* tune =
      doctor
          ->add_flag_callback(
              "--tune", [&o] { o.action = "tune"; },
              "Measure a GPU's algorithms for the products of --model and write the table")
          ->needs(model);
  for (CLI::Option* of_tune : {model, device, precision}) of_tune->needs(tune);
  add_json_flag(*doctor, o, "One JSON document");
}

/// Everything behind the word goes to the other program, --help too.
void add_bench(Parser& parser) {
  CLI::App* bench = parser.add("bench", "Kernel micro-benchmarks: list, run, compare OLD NEW",
                               "flmeval bench list");
  bench->set_help_flag();
  bench->prefix_command();
  bench->callback([&parser, bench] {
    parser.chosen = "bench";
    parser.options.operands = bench->remaining();
  });
}

void add_judge(Parser& parser) {
  Options& o = parser.options;
  CLI::App* judge =
      parser.add("judge", "Run exported programs of run --export-code: JSONL verdicts",
                 "flmeval judge programs.jsonl > verdicts.jsonl");
  parser.add_operands(*judge, "FILE", "JSONL of programs (- = stdin)")->expected(1);
  begin_heading(*judge, "Generated code");
  add_unsafe_flag(*judge, o.run);
  add_json_flag(*judge, o, "JSONL on stdout (always so)");
}

void add_texts(Parser& parser) {
  Options& o = parser.options;
  CLI::App* completion =
      parser.add("completion", "A script that completes commands, flags, tasks and runs in a shell",
                 "source <(flmeval completion bash)");
  parser.add_operands(*completion, "SHELL", "bash, zsh or fish; tasks, runs: the names alone")
      ->expected(1);
  begin_heading(*completion, "Names");
  completion
      ->add_option("--include-path,--include_path", o.task.include_path,
                   "tasks: also the task files below DIR")
      ->type_name("DIR");
  add_store_flag(*completion, o.run);
  parser.add("man", "The manual page", "flmeval man | man -l -");
  parser.add("version", "The program's version, as --version and -V", "flmeval version");
}

}  // namespace

void add_machine_commands(Parser& parser) {
  parser.heading = "Machine and program";
  add_doctor(parser);
  add_bench(parser);
  add_judge(parser);
  add_texts(parser);
}

}  // namespace flm
