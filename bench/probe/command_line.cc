#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/system/exit_code.h"
#include "base/text/joined.h"
#include "bench/probe/probe.h"

namespace flm::bench {
namespace {

std::string list_of(const std::vector<Probe>& probes) {
  std::string text = "Probes:";
  for (const Probe& probe : probes) {
    text += "\n  " + probe.name;
    text.append(std::max<std::size_t>(1, 17 - probe.name.size()), ' ');
    text += probe.what;
  }
  return text;
}

const ErrorVoice kVoice = {"flmeval-probe", "free some, or take a smaller --model"};

const Probe& chosen(const std::vector<Probe>& probes, const std::string& name) {
  for (const Probe& probe : probes)
    if (probe.name == name) return probe;
  throw UserError("unknown probe: " + name + "; this build has " +
                  joined(probes, ", ", &Probe::name) + " (those of a device need -DFLM_CUDA=ON)");
}

}  // namespace

int run_probe_command_line(const std::vector<std::string>& arguments, std::ostream& lines) {
  const std::vector<Probe> probes = every_probe();
  ProbeOptions options;
  std::string name;
  CLI::App app("Prints what one probe finds as lines: key value unit", "flmeval-probe");
  app.footer(list_of(probes));
  app.add_option("NAME", name, "The probe")->required();
  app.add_option("--out", options.out, "Folder of its tables and files")->capture_default_str();
  app.add_option("--model", options.model, "synthetic:PRESET[?seed=N&layers=N] to store");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    tell_error(kVoice, std::string(error.what()) + "; see flmeval-probe --help");
    return kUserError;
  }
  return exit_code_of(kVoice, [&]() -> int {
    const Probe& probe = chosen(probes, name);
    std::filesystem::create_directories(options.out);
    return probe.run(options, lines) ? kDone : kCheckSaidNo;
  });
}

}  // namespace flm::bench
