#include "engine/nodes.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/errors.h"
#include "base/system/environment.h"
#include "base/system/machine.h"
#include "engine/nodes/job.h"
#include "engine/nodes/launch.h"
#include "engine/nodes/mpi_transport.h"
#include "engine/serve.h"

namespace flm {
namespace {

constexpr int kUserErrorCode = 2, kInterruptedCode = 3;
constexpr std::chrono::seconds kTimeToSpeak{2};

/// FLM_ALONE is for a program that one process of another program's job calls: that job is not its.
JobLaunch launch_of_process() {
  if (environment_switch("FLM_ALONE", false, "1: alone, whatever launcher started it")) return {};
  return read_launch([](const char* name) { return std::getenv(name); });
}

/// FLM_NODE_TIMEOUT: seconds without a sign of life after which a process is given up.
LinkLimits limits_of_environment() {
  LinkLimits limits;
  const auto text = environment("FLM_NODE_TIMEOUT");
  if (!text) return limits;
  char* end = nullptr;
  const double seconds = std::strtod(text->c_str(), &end);
  if (*end != '\0' || !(seconds >= 1 && seconds <= 3600))
    throw UserError("FLM_NODE_TIMEOUT is the seconds to wait for a silent process, 1 to 3600: " +
                    *text);
  limits.silence = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  limits.beat = std::min(limits.beat, limits.silence / 4);
  return limits;
}

}  // namespace

std::shared_ptr<Nodes> Nodes::join(const std::vector<std::string>& words) {
  const JobLaunch launch = launch_of_process();
  if (launch.ranks == 1) return nullptr;
  const LinkLimits limits = limits_of_environment();
  const auto patience = limits.silence * 5 / 2;  // libraries are read and hosts found meanwhile
  try {
    return std::make_shared<Nodes>(std::make_unique<Job>(
        [=] { return make_mpi_transport(launch, patience); }, describe_process(words), limits));
  } catch (const CommonMistake&) {
    if (launch.local_rank == 0) throw;
    // A launcher that sees one process end ends the others: the first of the host speaks before.
    std::this_thread::sleep_for(kTimeToSpeak);
    ::_exit(kUserErrorCode);
  }
}

bool Nodes::is_the_first() { return launch_of_process().rank == 0; }

std::string Nodes::advice() {
  const JobLaunch launch = launch_of_process();
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  const auto bound = static_cast<long>(describe_cpus().size());
  if (launch.launcher.empty() || bound != 1 || online <= launch.ranks) return "";
  return launch.launcher + " bound this process to one of " + std::to_string(online) +
         " cores; mpirun --bind-to none gives it its share of all of them";
}

Nodes::Nodes(std::unique_ptr<Job> job) : job_(std::move(job)) {}
Nodes::~Nodes() = default;

const std::string& Nodes::description() const { return job_->description(); }

bool Nodes::leads() const { return job_->rank() == 0; }

int Nodes::serve() {
  int exit_code = 0;
  try {
    exit_code = flm::serve(*job_);
  } catch (const NodeLost& lost) {
    std::fprintf(stderr, "flmeval: rank %d: %s\n", job_->rank(), lost.what());
    job_->link().abort(kInterruptedCode);
  }
  job_->leave();
  return exit_code;
}

void Nodes::finish(int exit_code) {
  try {
    if (!job_->link().lost_any()) {
      MessageWriter code;
      code.put(std::int32_t{exit_code});
      job_->ask_all(Ask::kBye, code.take());
      return job_->leave();
    }
  } catch (const NodeLost& lost) {
    std::fprintf(stderr, "flmeval: %s\n", lost.what());
  }
  job_->link().abort(exit_code);
}

}  // namespace flm
