#include "engine/nodes/mpi_transport.h"

#include <dlfcn.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/errors.h"
#include "base/system/environment.h"
#include "base/system/program_file.h"
#include "engine/nodes/mpi_plugin.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr int kInterruptedCode = 3;

std::string plugin_path(const std::string& name) {
  if (const auto given = environment("FLM_MPI_PLUGIN")) return *given;
  if (name.empty())
    throw CommonMistake(
        "srun started several processes without an MPI between them; give srun --mpi=pmix (Open "
        "MPI) or --mpi=pmi2 (MPICH), or -n 1");
  const std::string file = "flmeval-" + name + ".so";
  std::error_code ignored;
  const fs::path folder = fs::path(program_file()).parent_path();
  for (const fs::path& place : {folder, folder / "../lib/flmeval", folder / "lib/flmeval"})
    if (fs::exists(place / file, ignored)) return place / file;
  return folder / file;
}

const FlmMpiPlugin& load_plugin(const JobLaunch& launch) {
  const std::string path = plugin_path(launch.plugin), started = launch.launcher + " started " +
                                                                 std::to_string(launch.ranks) +
                                                                 " processes; ";
  // MPI libraries look for their own parts by name among all that is loaded.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    const char* why = dlerror();
    throw CommonMistake(
        started + "the plug-in that speaks with it cannot be loaded: " + (why ? why : path) +
        "; build with that MPI's development package, use the other MPI's mpirun, or "
        "run one process: " +
        path);
  }
  const auto entry = reinterpret_cast<const FlmMpiPlugin* (*)()>(dlsym(library, "flm_mpi_plugin"));
  const FlmMpiPlugin* plugin = entry ? entry() : nullptr;
  if (!plugin || plugin->version != FLM_MPI_PLUGIN_VERSION)
    throw CommonMistake(
        started + "the plug-in is of another version of flmeval; build both together: " + path);
  return *plugin;
}

/// Ends this process where it is still waiting to join: MPI waits for every process of the job, and
/// for ever where one is frozen or gone. The launcher ends the others then.
class JoinWatch {
 public:
  JoinWatch(const JobLaunch& launch, std::chrono::milliseconds patience)
      : thread_([this, launch, patience] { watch(launch, patience); }) {}
  ~JoinWatch() {
    {
      const std::lock_guard lock(mutex_);
      joined_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch(const JobLaunch& launch, std::chrono::milliseconds patience) {
    // The first of a host speaks, another where that one cannot.
    const std::chrono::seconds turn(launch.local_rank == 0 ? 0 : 2);
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, patience + turn, [&] { return joined_; })) return;
    const std::string text =
        "flmeval: some process of the job has not joined it, or its host cannot be reached; start "
        "it again, or give slow hosts more time with FLM_NODE_TIMEOUT=SECONDS; to run alone within "
        "another program's job set FLM_ALONE=1: waited " +
        std::to_string(patience.count() / 1000) + " s for all of " + std::to_string(launch.ranks) +
        "\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(kInterruptedCode);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool joined_ = false;
  std::thread thread_;
};

class MpiTransport : public NodeTransport {
 public:
  MpiTransport(const JobLaunch& launch, std::chrono::milliseconds patience)
      : plugin_(load_plugin(launch)) {
    {
      const JoinWatch watch(launch, patience);
      check(plugin_.start(&rank_, &ranks_), "cannot join the job");
    }
    if (ranks_ != launch.ranks || rank_ != launch.rank)
      throw CommonMistake(launch.launcher + " says rank " + std::to_string(launch.rank) + " of " +
                          std::to_string(launch.ranks) + ", but " + plugin_.library + " rank " +
                          std::to_string(rank_) + " of " + std::to_string(ranks_) +
                          "; start it with that library's own mpirun");
  }

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }

  void send(int to, Bytes message) override {
    if (message.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      throw UserError("a batch of " + std::to_string(message.size()) +
                      " bytes is more than a message of MPI holds; give a smaller --memory");
    sending_.push_back({std::move(message), nullptr});
    Sending& last = sending_.back();
    check(
        plugin_.send(to, last.message.data(), static_cast<int>(last.message.size()), &last.pending),
        "cannot send to rank " + std::to_string(to));
  }

  std::optional<Received> poll() override {
    for (auto it = sending_.begin(); it != sending_.end();) {
      const int state = plugin_.sent(it->pending);
      if (state < 0) check(-state, "a message was lost");
      it = state == 1 ? sending_.erase(it) : std::next(it);
    }
    int from = 0;
    const long long size = plugin_.arrived(&from);
    if (size == -1) return std::nullopt;
    if (size < -1) check(static_cast<int>(-1 - size), "cannot receive");
    Received received{from, Bytes(static_cast<std::size_t>(size))};
    check(plugin_.take(from, received.message.data(), static_cast<int>(size)),
          "cannot receive from rank " + std::to_string(from));
    return received;
  }

  bool idle() const override { return sending_.empty(); }
  void meet() override {
    sending_.push_back({});
    check(plugin_.meet(&sending_.back().pending), "cannot leave the job");
  }
  void finish() override { check(plugin_.finish(), "cannot leave the job"); }
  void abort(int exit_code) noexcept override { plugin_.abort(exit_code); }

 private:
  struct Sending {
    Bytes message;
    void* pending = nullptr;
  };

  void check(int code, const std::string& what) const {
    if (code == 0) return;
    char text[256] = "";
    plugin_.error_text(code, text, sizeof text);
    throw UserError(what + " (" + plugin_.library + "): " + text);
  }

  const FlmMpiPlugin& plugin_;
  int rank_ = 0, ranks_ = 1;
  std::list<Sending> sending_;  // keeps its places
};

}  // namespace

std::unique_ptr<NodeTransport> make_mpi_transport(const JobLaunch& launch,
                                                  std::chrono::milliseconds patience) {
  return std::make_unique<MpiTransport>(launch, patience);
}

}  // namespace flm
