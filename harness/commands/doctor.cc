#include <unistd.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/terminal_size.h"
#include "engine/gpu_libraries.h"
#include "harness/commands/commands.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/run/run_identity.h"
#include "harness/terminal/jsonl.h"
#include "reports/figures/wrapped_text.h"
#include "tasks/sandbox/sandbox.h"

namespace flm {
namespace {

constexpr std::size_t kKey = 11;  // columns of a fact's name

/// Runs one program apart from this machine; says what keeps it from that.
Json sandbox_object() {
  const SandboxStatus status = Sandbox::examine();
  Json json;
  json["works"] = status.isolates;
  json["python"] = status.python.empty() ? Json(nullptr) : Json(status.python);
  json["bubblewrap"] = status.bubblewrap.empty() ? Json(nullptr) : Json(status.bubblewrap);
  json["seccomp"] = status.seccomp;
  if (!status.problem.empty()) json["missing"] = status.problem;
  if (!status.remedy.empty()) json["remedy"] = status.remedy;
  return json;
}

std::string sandbox_line(const Json& sandbox) {
  if (!sandbox.at("works").get<bool>()) {
    return "generated code (humaneval, mbpp) cannot run: " +
           sandbox.at("missing").get<std::string>() + "; " +
           sandbox.at("remedy").get<std::string>();
  }
  return std::string("a program ran apart and was judged: bubblewrap") +
         (sandbox.at("seccomp").get<bool>() ? " + seccomp"
                                            : " without seccomp (built without libseccomp-dev)") +
         ", " + sandbox.at("python").get<std::string>();
}

/// What a run on these GPUs would use, a rank on each, or why it would not start.
std::string cuda_line(const std::string& devices, int ranks, std::string EngineInfo::*what,
                      Progress& progress) {
  EngineOptions tiny;
  tiny.model = "synthetic:tiny";
  tiny.device = devices;
  tiny.tensor_parallel = ranks;
  try {
    return Engine::open(tiny, progress)->info().*what;
  } catch (const std::exception& error) {  // also of a GPU that has failed: the rest is told
    return error.what();
  }
}

Json memory_object(const EngineInfo& info) {
  return {
      {"total", info.host_total}, {"available", info.host_available}, {"usable", info.host_memory}};
}

/// A virtual machine may show less than it grows to: FLM_HOST_MEMORY and --host-memory say so.
std::string memory_line(const Json& memory) {
  const auto gib = [&](const char* key) { return memory.at(key).get<double>() / (1 << 30); };
  char text[160];
  std::snprintf(text, sizeof text, "%.1f GiB, %.1f GiB available; a run takes %.1f GiB to be free",
                gib("total"), gib("available"), gib("usable"));
  return text;
}

int tune(const Options& options, Progress& progress) {
  const ModelFlags model = settle_model_flags(options.model, progress);
  const std::string lines =
      tune_products(model.model, model.device == "auto" ? "cuda" : model.device,
                    model.precision == "fp32" ? Precision::kFp32 : Precision::kBf16);
  if (options.json)
    print_line(compact_json(Json{{"tuned", lines}}));
  else
    std::fputs(lines.c_str(), stdout);
  return kDone;
}

}  // namespace

/// Opens a tiny synthetic model: what it reports is what every command will use.
int command_doctor(const Options& options, Progress& progress) {
  if (options.action == "tune") return tune(options, progress);
  EngineOptions tiny;
  tiny.model = "synthetic:tiny";
  const auto engine = Engine::open(tiny, progress);
  const EngineInfo& info = engine->info();
  Json json = parse_json(environment_json(), "environment");
  json["device"] = info.device;
  json["isa"] = info.isa_with_advice();
  json["threads"] = info.threads;
  json["memory"] = memory_object(info);
  json["numerics"] = info.numerics;
  const std::string cuda = cuda_line("cuda", 1, &EngineInfo::numerics, progress),
                    gathers = cuda_line("cuda:0,1", 2, &EngineInfo::gathers, progress);
  json["cuda"] = cuda;
  if (gathers != cuda) json["gathers"] = gathers;  // not where both say that there is no GPU
  for (const auto& [name, found] : gpu_libraries()) json[name] = found;
  json["sandbox"] = sandbox_object();
  json["verdict"] =
      json["sandbox"]["works"].get<bool>() ? "ok" : "ok, but for generated code (sandbox, above)";
  if (options.json) {
    print_line(compact_json(json));
  } else {
    for (const auto& [key, entry] : json.items()) {
      const Json value = key == "sandbox"  ? Json(sandbox_line(entry))
                         : key == "memory" ? Json(memory_line(entry))
                                           : entry;
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      std::fputs(labelled(key, kKey, text, columns_of_terminal(STDOUT_FILENO)).c_str(), stdout);
    }
  }
  return kDone;
}

}  // namespace flm
