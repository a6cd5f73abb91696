#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/commands.h"
#include "harness/exit_code.h"
#include "harness/jsonl.h"
#include "harness/run_identity.h"

namespace flm {

/// Opens a tiny synthetic model: what it reports is what every command will use.
int command_doctor(const Options& options, Progress& progress) {
  EngineOptions tiny;
  tiny.model = "synthetic:tiny";
  const auto engine = Engine::open(tiny, progress);
  const EngineInfo& info = engine->info();
  Json json = parse_json(environment_json(), "environment");
  json["device"] = info.device;
  json["isa"] = info.isa;
  json["threads"] = info.threads;
  json["numerics"] = info.numerics;
  json["cuda"] = "not in this build";
  if (options.json) {
    print_line(compact_json(json));
  } else {
    for (const auto& [key, value] : json.items()) {
      std::printf("%-10s %s\n", key.c_str(),
                  value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
    }
  }
  return kDone;
}

}  // namespace flm
