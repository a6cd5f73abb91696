#include "engine/nodes/job.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"
#include "base/system/machine.h"
#include "base/system/program_file.h"
#include "base/text/shell_word.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;

std::string name_of(int rank, const Hello& hello) {
  return "rank " + std::to_string(rank) + " on " + hello.host;
}

std::string command_line(const Hello& hello) {
  std::string line = "flmeval";
  for (const std::string& word : hello.words) line += " " + shell_word(word);
  return line;
}

/// Why a process and the leader cannot be of one job, behind the process's name; "": they can.
std::string difference(const Hello& other, const Hello& leader) {
  if (other.build != leader.build)
    return " runs another build of flmeval than " + name_of(0, leader) + " (" +
           other.build.substr(0, 12) + ", not " + leader.build.substr(0, 12) +
           "); install the same program on all nodes";
  if (other.words != leader.words)
    return " was started with another command line than " + name_of(0, leader) +
           "; give all processes of a job the same one, or start each by itself: " +
           command_line(other) + ", not " + command_line(leader);
  return "";
}

}  // namespace

std::vector<std::int32_t> describe_cpus() {
  std::vector<std::int32_t> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

Hello describe_process(const std::vector<std::string>& words) {
  Hello hello;
  hello.words = words;
  hello.build = sha256_hex(read_file(program_file()));
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  hello.host = host;
  hello.process = getpid();
  hello.cpus = describe_cpus();
  return hello;
}

std::string describe_job(const std::vector<Hello>& hellos) {
  std::string text = std::to_string(hellos.size()) + " processes";
  for (std::size_t rank = 0; rank < hellos.size(); ++rank) {
    const bool same_host = rank > 0 && hellos[rank].host == hellos[rank - 1].host;
    text += (rank == 0 ? ": " : ", ") + std::string("rank ") + std::to_string(rank) + " is " +
            std::to_string(hellos[rank].process);
    if (!same_host) text += " on " + hellos[rank].host;
  }
  return text;
}

std::vector<HostShare> shares_of(const std::vector<Hello>& hellos) {
  std::vector<HostShare> shares(hellos.size());
  for (std::size_t r = 0; r < hellos.size(); ++r) {
    HostShare& share = shares[r];
    share.sharing = share.local_ranks = 0;
    for (std::size_t other = 0; other < hellos.size(); ++other) {
      if (hellos[other].host != hellos[r].host) continue;
      if (other < r) ++share.local_rank;
      ++share.local_ranks;
      if (hellos[other].cpus != hellos[r].cpus) continue;
      if (other < r) ++share.index;
      ++share.sharing;
    }
  }
  return shares;
}

EngineOptions for_share(EngineOptions options, const HostShare& share) {
  if (options.threads == 0)
    options.threads = std::max<int>(
        1, static_cast<int>(part_of(available_threads(), share.index, share.sharing).size()));
  if (options.host_memory_gib == 0)
    options.host_memory_gib = static_cast<double>(available_memory()) / share.local_ranks / kGib;
  if (options.device == "cuda" && share.local_ranks > 1)
    options.device += ":" + std::to_string(share.local_rank);
  return options;
}

Job::Job(NodeLink::OpenTransport open, const Hello& me, LinkLimits limits)
    : link_(std::make_unique<NodeLink>(std::move(open), limits)) {
  if (rank() == 0) {
    welcome(me);
    return;
  }
  link_->name(0, "the leader (rank 0)");
  link_->send(0, message_of(kControl, Ask::kHello, encode(me)));
  const NodeMessage answer = link_->receive(0, kControl);
  try {
    require(answer, Ask::kWelcome, link_->name_of(0));
  } catch (const UserError& refused) {
    throw CommonMistake(refused.what());
  }
  MessageReader(answer.body).take(share_);
}

Job::~Job() = default;

/// All processes obey the leader's command line: another one would be dropped in silence. A node
/// with another program would compute other figures, or not understand. Refused by name.
void Job::welcome(const Hello& me) {
  std::vector<Hello> hellos = {me};
  for (int rank = 1; rank < ranks(); ++rank) {
    const NodeMessage message = link_->receive(rank, kControl);
    require(message, Ask::kHello, link_->name_of(rank));
    hellos.push_back(decode_hello(message.body));
    link_->name(rank, name_of(rank, hellos.back()));
  }
  for (int rank = 1; rank < ranks(); ++rank) {
    const Hello& hello = hellos[static_cast<std::size_t>(rank)];
    const std::string what = difference(hello, me);
    if (what.empty()) continue;
    const std::string why = name_of(rank, hello) + what;
    ask_all(Ask::kFailed, encode(Failure{true, why}));
    leave();
    throw UserError(why);
  }
  description_ = describe_job(hellos);
  const std::vector<HostShare> shares = shares_of(hellos);
  share_ = shares[0];
  for (int rank = 1; rank < ranks(); ++rank) {
    MessageWriter body;
    body.put(shares[static_cast<std::size_t>(rank)]);
    link_->send(rank, message_of(kControl, Ask::kWelcome, body.take()));
  }
}

void Job::ask_all(Ask ask, const Bytes& body) {
  if (unanswered_) (void)collect();
  unanswered_ = ask == Ask::kOpen || ask == Ask::kLoad;
  if (ask == Ask::kOpen) ++models_opened_;
  for (int rank = 1; rank < ranks(); ++rank) link_->send(rank, message_of(kControl, ask, body));
}

std::vector<NodeMessage> Job::collect() {
  std::vector<NodeMessage> messages;
  for (int rank = 1; rank < ranks(); ++rank) messages.push_back(link_->receive(rank, kControl));
  unanswered_ = false;
  return messages;
}

std::vector<Bytes> Job::answers_of(Ask expected) {
  std::vector<NodeMessage> messages = collect();  // all, before one is judged: none is left behind
  std::vector<Bytes> bodies;
  for (int rank = 1; rank < ranks(); ++rank) {
    NodeMessage& message = messages[static_cast<std::size_t>(rank - 1)];
    require(message, expected, link_->name_of(rank));
    bodies.push_back(std::move(message.body));
  }
  return bodies;
}

void Job::leave() { link_.reset(); }

}  // namespace flm
