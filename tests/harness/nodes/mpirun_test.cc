// The program under the real launchers of both MPI libraries, several processes on one host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream split(line);
  return {std::istream_iterator<std::string>(split), {}};
}

/// What starts the program `ranks` times, and runs where this machine lacks it.
class Mpirun : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (std::system(("command -v mpirun." + GetParam() + " >/dev/null").c_str()) != 0)
      GTEST_SKIP() << "skipped: mpirun." << GetParam() << " is not here";
    if (!std::filesystem::exists(std::filesystem::path(FLM_PROGRAM).parent_path() /
                                 ("flmeval-" + GetParam() + ".so")))
      GTEST_SKIP() << "skipped: built without the plug-in for " << GetParam();
    scratch.write("tokens.jsonl",
                  "{\"tokens\":[5,6,7,8,9,10,11,12]}\n{\"tokens\":[5,6,7,99,1]}\n"
                  "{\"tokens\":[3,4]}\n{\"tokens\":[100,200,300,400,500,600]}\n");
    scratch.write("prompts.jsonl",
                  "{\"tokens\":[5,6,7],\"max_new_tokens\":9}\n"
                  "{\"tokens\":[9,8],\"max_new_tokens\":5,\"temperature\":1.0,\"seed\":3}\n"
                  "{\"prompt\":\"The sky\",\"max_new_tokens\":12}\n");
  }

  std::string launcher(int ranks) const {
    const bool open = GetParam() == "openmpi";
    return std::string(open ? "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
                              "OMPI_MCA_btl_vader_single_copy_mechanism=none "
                            : "") +
           "mpirun." + GetParam() + (open ? " --oversubscribe --bind-to none" : "") + " -n " +
           std::to_string(ranks) + " ";
  }
  Outcome launch(int ranks, const std::string& arguments, const std::string& environment = "") {
    const std::string command = "cd " + scratch.path().string() + " && " + environment + " " +
                                launcher(ranks) + FLM_PROGRAM + " " + arguments +
                                " >stdout 2>stderr </dev/null";
    Outcome outcome;
    const int status = std::system(command.c_str());
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.out = slurp(scratch / "stdout");
    outcome.err = slurp(scratch / "stderr");
    return outcome;
  }
  Scratch scratch;
};

/// Open MPI gives its processes a terminal, though the words go to a file.
TEST_P(Mpirun, AFileGetsNoColour) {
  const Outcome job = launch(2,
                             "run --quiet --threads 1 --tasks gsm8k --limit 1 --gen-kwargs "
                             "max_gen_toks=2 --num-fewshot 0 --model " +
                                 nano(),
                             "TERM=xterm");
  ASSERT_EQ(job.exit_code, 0) << job.err;
  EXPECT_THAT(job.out, HasSubstr("NOT A BENCHMARK RESULT"));
  EXPECT_THAT(job.out, ::testing::Not(HasSubstr("\x1b[")));
}

TEST_P(Mpirun, GivesTheBytesOfOneProcess) {
  for (const std::string command :
       {"score --tokens tokens.jsonl", "generate --prompts prompts.jsonl"}) {
    const std::string line = command + " --quiet --threads 1 --model " + nano();
    const Outcome alone = run(scratch, words_of(line));
    ASSERT_EQ(alone.exit_code, 0) << alone.err;
    for (const int ranks : {2, 4}) {
      const Outcome job = launch(ranks, line);
      EXPECT_EQ(job.exit_code, 0) << job.err;
      EXPECT_EQ(job.out, alone.out) << command << " with " << ranks;
    }
    for (const std::string more :
         {" --data-parallel 2", " --tensor-parallel 2", " --pipeline-parallel 2"}) {
      const Outcome job = launch(2, line + more);
      EXPECT_EQ(job.exit_code, 0) << job.err;
      EXPECT_EQ(job.out, alone.out) << command << more;
    }
  }
}

/// As between hosts: MPICH 4.0's own end stands still there in about every second job of four
/// ranks, and the watch over it would end the processes after 50 s.
TEST_P(Mpirun, AJobOverTcpEndsWithItsWork) {
  for (int time = 0; time < 6; ++time) {
    const auto begin = std::chrono::steady_clock::now();
    const Outcome job =
        launch(4, "score --tokens tokens.jsonl --quiet --threads 1 --model " + nano(),
               "MPIR_CVAR_NOLOCAL=1 UCX_TLS=tcp OMPI_MCA_btl=tcp,self");
    EXPECT_EQ(job.exit_code, 0) << job.err;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 25s);
  }
}

/// The second engine is this process's own: the others have the run's model open.
TEST_P(Mpirun, AnotherBackendBesideTheRunChangesNothing) {
  const std::string line =
      "run --tasks bpb_en_books --limit 3 --quiet --threads 1 --verify-against "
      "cpu-bf16 100% --store runs.db --model " +
      nano() + " --output ";
  std::vector<std::string> words = words_of(line + "alone");
  words[words.size() - 5] = "alone.db";
  EXPECT_EQ(run(scratch, words).exit_code, 0);
  const Outcome job = launch(2, line + "job");
  EXPECT_EQ(job.exit_code, 0) << job.err;
  EXPECT_EQ(slurp(scratch / "job/samples_bpb_en_books.jsonl"),
            slurp(scratch / "alone/samples_bpb_en_books.jsonl"));
}

/// The same path, and another file there: a node whose copy is another one.
TEST_P(Mpirun, AnotherTokenizerOnANodeIsRefused) {
  for (const std::string rank : {"0", "1"}) {
    const std::filesystem::path folder = scratch / rank / "tokenizer";
    std::filesystem::create_directories(folder);
    for (const std::string file : {"tokenizer.model", "tokenizer_config.json"})
      std::filesystem::copy(nano() + "/" + file, folder / file);
  }
  std::string other = slurp(scratch / "1/tokenizer/tokenizer.model");
  const std::string piece = "\xe2\x96\x81the\x15";  // and the tag of what follows: its score
  ASSERT_NE(other.find(piece), std::string::npos);
  other.replace(other.find(piece), piece.size(), "\xe2\x96\x81THE\x15");
  scratch.write("1/tokenizer/tokenizer.model", other);
  const std::string line = std::string(FLM_PROGRAM) + " generate --prompts ../prompts.jsonl " +
                           "--quiet --threads 1 --tokenizer tokenizer --model " + nano();
  const auto start = [&](const std::string& where) {
    return std::system(("cd " + scratch.path().string() + " && " + launcher(2) + "sh -c 'cd " +
                        where + " && exec " + line + "' >stdout 2>stderr </dev/null")
                           .c_str());
  };
  EXPECT_EQ(WEXITSTATUS(start("${OMPI_COMM_WORLD_RANK:-$PMI_RANK}")), 2);
  EXPECT_THAT(slurp(scratch / "stderr"), HasSubstr("has other tokenizer files"));
  EXPECT_EQ(WEXITSTATUS(start("0")), 0) << slurp(scratch / "stderr");
}

TEST_P(Mpirun, MistakesAreToldOnceAndEndTheJob) {
  const Outcome flag = launch(2, "score --nonsense --model " + nano());
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.err, HasSubstr("--nonsense"));
  const Outcome model = launch(3, "score --tokens tokens.jsonl --model /nowhere");
  EXPECT_EQ(model.exit_code, 2);
  EXPECT_THAT(model.err, HasSubstr("/nowhere"));
}

/// Whoever computes nothing joins no job: else it waits for processes that never come, and Open MPI
/// ends the job whose process it was called from.
TEST_P(Mpirun, WhatNeedsOneProcessIsDoneByRankZeroAlone) {
  const std::string no_mpi = "FLM_MPI_PLUGIN=/nowhere.so";
  for (const std::string& line : std::vector<std::string>{"tasks list", "--version", "run --help",
                                                          "", "model show " + nano()}) {
    const Outcome alone = run(scratch, words_of(line)), job = launch(3, line, no_mpi);
    EXPECT_EQ(job.exit_code, alone.exit_code) << line << ": " << job.err;
    EXPECT_EQ(job.out, alone.out) << line;
    EXPECT_NE(job.out, "") << line;
  }
  const Outcome wrong = launch(3, "taks list", no_mpi);
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("no such command"));
  EXPECT_EQ(wrong.err.find("no such command"), wrong.err.rfind("no such command"));
}

/// A trainer's rank 0 evaluates while its other ranks go on.
TEST_P(Mpirun, AProcessOfAnotherProgramsJobRunsAlone) {
  const std::string line = " score --tokens tokens.jsonl --quiet --threads 1 --model " + nano();
  const std::string trainer =
      "sh -c '[ \"${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\" = 1 ] || FLM_ALONE=1 " +
      std::string(FLM_PROGRAM) + line + "'";
  const int status = std::system(("cd " + scratch.path().string() + " && FLM_NODE_TIMEOUT=1 " +
                                  launcher(2) + trainer + " >stdout 2>stderr </dev/null")
                                     .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0) << slurp(scratch / "stderr");
  const std::string found = slurp(scratch / "stdout");
  EXPECT_EQ(found, run(scratch, words_of(line)).out);
}

TEST_P(Mpirun, ProcessesWithOtherCommandLinesAreRefused) {
  const std::string score = "score --tokens tokens.jsonl --quiet --model " + nano();
  const Outcome job = launch(1, score + " : -n 1 " + FLM_PROGRAM + " " + score + " --nonsense");
  EXPECT_EQ(job.exit_code, 2);
  EXPECT_EQ(job.out, "");
  EXPECT_THAT(job.err, AllOf(HasSubstr("rank 1 on "), HasSubstr("another command line"),
                             HasSubstr("--nonsense, not")));
}

/// The other library's plug-in takes every process for the only one; a plug-in that is missing, or
/// of no MPI, says so.
TEST_P(Mpirun, AWrongPlugInIsRefused) {
  const std::string folder = std::filesystem::path(FLM_PROGRAM).parent_path();
  const std::string other = GetParam() == "mpich" ? "openmpi" : "mpich";
  const auto begin = std::chrono::steady_clock::now();
  const std::string line = "score --tokens tokens.jsonl --quiet --model " + nano();
  if (std::filesystem::exists(folder + "/flmeval-" + other + ".so")) {
    const Outcome wrong = launch(2, line, "FLM_MPI_PLUGIN=" + folder + "/flmeval-" + other + ".so");
    EXPECT_NE(wrong.exit_code, 0);
    EXPECT_THAT(wrong.err, HasSubstr("own mpirun"));
  }
  const Outcome missing = launch(4, line, "FLM_MPI_PLUGIN=/nowhere.so");
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere.so"));
  const std::string told = "the plug-in that speaks with it";
  EXPECT_EQ(missing.err.find(told), missing.err.rfind(told)) << "once: " << missing.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

/// MPI itself would wait for ever.
TEST_P(Mpirun, AProcessThatNeverJoinsIsTold) {
  const std::string program =
      "sh -c '[ \"${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\" = 1 ] && exec sleep "
      "100; exec " +
      std::string(FLM_PROGRAM) + " score --tokens tokens.jsonl --model " + nano() + "'";
  const auto begin = std::chrono::steady_clock::now();
  const int status = std::system(("cd " + scratch.path().string() + " && FLM_NODE_TIMEOUT=1 " +
                                  launcher(2) + program + " >stdout 2>stderr </dev/null")
                                     .c_str());
  EXPECT_NE(status, 0);
  EXPECT_THAT(slurp(scratch / "stderr"), HasSubstr("has not joined"));
  EXPECT_THAT(slurp(scratch / "stderr"), HasSubstr("FLM_ALONE=1"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 40s);
}

/// Processes of this job with that rank.
std::vector<pid_t> processes_of_rank(const std::string& rank, const std::string& mark) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (slurp(entry.path() / "comm") != "flmeval\n") continue;
    const std::string environment = slurp(entry.path() / "environ");
    if (environment.find("FLM_TEST_MARK=" + mark) == std::string::npos) continue;
    for (const std::string variable : {"OMPI_COMM_WORLD_RANK=", "PMI_RANK="})
      if (environment.find('\0' + variable + rank + '\0') != std::string::npos)
        found.push_back(std::stoi(name));
  }
  return found;
}

std::vector<std::string> sorted_lines(const std::filesystem::path& path) {
  std::istringstream text(slurp(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// As in one process: a fault of one model is no other's.
TEST_P(Mpirun, ABrokenModelAmongSeveralIsToldAndTheOthersAreScored) {
  std::filesystem::create_directories(scratch / "broken");
  std::filesystem::copy(nano(), scratch / "broken");
  std::filesystem::resize_file(scratch / "broken/model.safetensors", 100'000);
  const Outcome job = launch(2,
                             "run --quiet --threads 1 --tasks gsm8k --limit 2 --num-fewshot 0 "
                             "--gen-kwargs max_gen_toks=2 --store runs.db --model broken "
                             "--model " +
                                 nano() + " --model " + nano("step_00400"));
  EXPECT_EQ(job.exit_code, 2);
  EXPECT_THAT(job.err, HasSubstr("not scored: 1 of 3 models: broken"));
  EXPECT_THAT(job.out, AllOf(HasSubstr("step_01600"), HasSubstr("step_00400")));
}

/// A frozen worker ends the job in time, and what is left is gone on with by one process.
TEST_P(Mpirun, AFrozenProcessInterruptsARunThatGoesOnAlone) {
  const std::string mark = std::to_string(getpid()) + GetParam();
  const std::string line =
      "run --tasks bpb,gsm8k --num-fewshot 0 --gen-kwargs max_gen_toks=300 --threads 1 "
      "--store runs.db --output out --name job --model " +
      nano();
  std::atomic<bool> frozen = false;
  std::thread freezer([&] {
    for (int tries = 0; tries < 600 && !frozen; ++tries, std::this_thread::sleep_for(20ms))
      for (const pid_t process : processes_of_rank("1", mark))
        if (std::filesystem::exists(scratch / "out/run.json")) frozen = kill(process, SIGSTOP) == 0;
  });
  const auto begin = std::chrono::steady_clock::now();
  const Outcome job = launch(2, line, "FLM_NODE_TIMEOUT=2 FLM_TEST_MARK=" + mark);
  freezer.join();
  for (const pid_t process : processes_of_rank("1", mark)) kill(process, SIGKILL);
  ASSERT_TRUE(frozen);
  EXPECT_EQ(job.exit_code, 3) << job.err;
  EXPECT_THAT(job.err, HasSubstr("rank 1 on"));
  EXPECT_THAT(job.err, HasSubstr("no sign of life"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
  const Outcome rest = run(scratch, {"run", "--resume", "job", "--store", "runs.db"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  const Outcome fresh = run(
      scratch, {"run", "--tasks", "bpb,gsm8k", "--num-fewshot", "0", "--gen-kwargs",
                "max_gen_toks=300", "--store", "fresh.db", "--output", "fresh", "--model", nano()});
  EXPECT_EQ(fresh.exit_code, 0);
  EXPECT_EQ(sorted_lines(scratch / "out/samples_gsm8k.jsonl"),
            sorted_lines(scratch / "fresh/samples_gsm8k.jsonl"))
      << "records lie in the order in which they were finished";
}

/// A scheduler or a user sends signals to the launcher. Open MPI's kills its processes a second
/// later, whatever they say: docs/distributed.md.
TEST_P(Mpirun, ASignalToTheLauncherInterruptsTheJob) {
  if (GetParam() != "mpich") GTEST_SKIP() << "mpirun of Open MPI has an exit code of its own";
  const std::string mark = std::to_string(getpid()) + GetParam();
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    for (int tries = 0; tries < 600 && !sent; ++tries, std::this_thread::sleep_for(20ms))
      if (!processes_of_rank("1", mark).empty() &&
          std::filesystem::exists(scratch / "out/run.json"))
        sent = kill(std::stoi(slurp(scratch / "launcher")), SIGTERM) == 0;
  });
  const std::string line = std::string(FLM_PROGRAM) +
                           " run --tasks bpb,gsm8k --num-fewshot 0 --gen-kwargs max_gen_toks=300 "
                           "--threads 1 --store runs.db --output out --name job --model " +
                           nano();
  const int status = std::system(("cd " + scratch.path().string() + " && FLM_TEST_MARK=" + mark +
                                  " sh -c 'echo $$ >launcher; exec " + launcher(2) + line +
                                  "' >stdout 2>stderr </dev/null")
                                     .c_str());
  sender.join();
  ASSERT_TRUE(sent);
  // Hydra loses the code now and then where it was itself sent the signal.
  EXPECT_THAT(WEXITSTATUS(status), ::testing::AnyOf(3, 0)) << slurp(scratch / "stderr");
  EXPECT_THAT(slurp(scratch / "stderr"), HasSubstr("interrupted after"));
}

INSTANTIATE_TEST_SUITE_P(Both, Mpirun, ::testing::Values("openmpi", "mpich"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace flm::testing
