#include "tasks/sandbox/judged_run.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/system/clock.h"
#include "tasks/sandbox/child_process.h"
#include "tasks/sandbox/python_sources.h"

namespace flm {
namespace {

constexpr std::size_t kKept = 16 << 10;  // of what is printed
constexpr std::int64_t kCheckerMemory = std::int64_t{2} << 30;

/// What one of the pipes brought: its beginning, and how much it was.
struct Stream {
  explicit Stream(OwnedFd read_end) : end(std::move(read_end)) {}
  OwnedFd end;
  std::string kept;
  std::int64_t bytes = 0;
  bool open = true;

  void take() {
    std::array<char, 64 << 10> buffer;
    const ssize_t got = read(end.get(), buffer.data(), buffer.size());
    if (got <= 0) {
      open = false;
      return;
    }
    bytes += got;
    const std::size_t room = kKept - std::min(kKept, kept.size());
    kept.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  }
};

std::vector<std::string> candidate_arguments(const CodeLimits& limits, bool isolated) {
  return {std::to_string(limits.cpu_seconds), std::to_string(limits.memory_bytes),
          std::to_string(limits.file_bytes),
          // Outside a namespace of its own the count would be that of all the user's processes.
          std::to_string(isolated ? limits.processes : 0)};
}

std::vector<std::string> checker_arguments(const CodeLimits& limits) {
  return {std::to_string(2 * limits.cpu_seconds + 1), std::to_string(kCheckerMemory)};
}

/// Reads until the tests' process has ended, the time is up or too much was printed.
void watch(Stream& output, Stream& complaints, Stream& verdict, const CodeLimits& limits,
           double begin, RunTrace& trace) {
  while (verdict.open) {
    const double left = begin + limits.wall_seconds - monotonic_seconds();
    trace.out_of_time = left <= 0;
    trace.too_much_output = output.bytes > limits.output_bytes;
    if (trace.out_of_time || trace.too_much_output) return;
    std::array<Stream*, 3> streams = {&output, &complaints, &verdict};
    std::array<pollfd, 3> waiting;
    for (std::size_t i = 0; i < streams.size(); ++i)
      waiting[i] = {streams[i]->open ? streams[i]->end.get() : -1, POLLIN, 0};
    if (poll(waiting.data(), waiting.size(), static_cast<int>(1000 * left) + 1) <= 0) continue;
    for (std::size_t i = 0; i < streams.size(); ++i)
      if (waiting[i].revents != 0) streams[i]->take();
  }
}

/// What is still in a pipe whose writers are gone.
void drain(Stream& stream, std::int64_t most) {
  while (stream.open && stream.bytes <= most) {
    pollfd waiting{stream.end.get(), POLLIN, 0};
    if (poll(&waiting, 1, 0) <= 0) return;
    stream.take();
  }
}

}  // namespace

RunTrace run_and_watch(const CodeProgram& program, const CodeLimits& limits,
                       const JailOptions& jail, const std::string& filter) {
  RunTrace trace;
  const double begin = monotonic_seconds();
  const auto left = [&] { return begin + limits.wall_seconds - monotonic_seconds(); };
  Pipe calls = make_pipe(), answers = make_pipe();
  Pipe output = make_pipe(), complaints = make_pipe(), verdict = make_pipe();
  const OwnedFd source = memory_file(program.candidate), tests = memory_file(program.tests);
  const OwnedFd filter_one = memory_file(filter), filter_two = memory_file(filter);
  ChildProcess candidate(
      jail_command(jail, kCandidateProgram, candidate_arguments(limits, !jail.bubblewrap.empty())),
      jail_environment(),
      {{source.get(), kSourceFd},
       {output.write.get(), STDOUT_FILENO},
       {output.write.get(), STDERR_FILENO},
       {calls.read.get(), kReadFd},
       {answers.write.get(), kWriteFd},
       {filter_one.get(), kFilterFd}});
  ChildProcess checker(jail_command(jail, kCheckerProgram, checker_arguments(limits)),
                       jail_environment(),
                       {{tests.get(), kSourceFd},
                        {complaints.write.get(), STDOUT_FILENO},
                        {complaints.write.get(), STDERR_FILENO},
                        {answers.read.get(), kReadFd},
                        {calls.write.get(), kWriteFd},
                        {filter_two.get(), kFilterFd},
                        {verdict.write.get(), kVerdictFd}});
  for (Pipe* pipe : {&output, &complaints, &verdict}) pipe->write.reset();
  for (Pipe* pipe : {&calls, &answers}) *pipe = Pipe{};  // the children's alone from here on

  Stream printed(std::move(output.read)), said(std::move(complaints.read)),
      judged(std::move(verdict.read));
  watch(printed, said, judged, limits, begin, trace);
  if (trace.out_of_time || trace.too_much_output) checker.kill();
  trace.checker_signal = checker.wait(left()).signal;
  drain(judged, static_cast<std::int64_t>(kKept));
  // A candidate that ended by itself has its reason; one that waits for calls is not asked again.
  if (!judged.kept.starts_with("[\"lost\"")) candidate.kill();
  const ChildEnd end = candidate.wait(left());
  trace.candidate_signal = end.signal;
  trace.candidate_exit = end.exit_code;
  drain(printed, limits.output_bytes);
  drain(said, static_cast<std::int64_t>(kKept));
  trace.verdict = judged.kept;
  trace.output = printed.kept;
  trace.complaints = said.kept;
  trace.seconds = monotonic_seconds() - begin;
  return trace;
}

}  // namespace flm
