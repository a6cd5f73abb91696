// A run leaves its store to others while it computes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "base/errors.h"
#include "reports/store/sqlite.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

bool can_be_written(const std::filesystem::path& store) {
  try {
    SqliteDatabase database(store.string(), 0, SqliteAccess::kWrite);
    if (!database.try_begin()) return false;
    database.roll_back();
    return true;
  } catch (const UserError&) {
    return false;
  }
}

TEST(SharedStore, AGenerationHoldsNoTransaction) {
  Scratch scratch;
  ASSERT_EQ(run(scratch, {"run", "--model", nano(), "--tasks", "gsm8k", "--num-fewshot", "0",
                          "--limit", "1", "--gen-kwargs", "max_gen_toks=1", "--store", "s.db"})
                .exit_code,
            0);
  // Answers of one token are committed at once; those of two come too soon behind them for a commit
  // of their own, and long before those of 400: held until those, nearly every look would find it
  // so.
  const auto task = [&](const std::string& name, int tokens) {
    scratch.write(name + ".yaml", "task: " + name +
                                      "\ndataset_path: json\ndataset_kwargs: {data_files: "
                                      "{test: rows.jsonl}}\ntest_split: test\n"
                                      "output_type: generate_until\ndoc_to_text: \"{{q}}\"\n"
                                      "doc_to_target: \"x\"\ngeneration_kwargs: {max_gen_toks: " +
                                      std::to_string(tokens) +
                                      ", until: []}\nmetric_list: [{metric: exact_match}]\n");
    return name + ".yaml";
  };
  scratch.write("rows.jsonl", "{\"q\": \"One\"}\n{\"q\": \"Two\"}\n{\"q\": \"Three\"}\n");
  const pid_t child =
      start(scratch, {"run", "--model", nano(), "--tasks",
                      task("one", 1) + "," + task("two", 2) + "," + task("long", 400), "--store",
                      "s.db", "--threads", "1"});
  int free = 0, held = 0;
  while (waitpid(child, nullptr, WNOHANG) == 0) {
    ++(can_be_written(scratch / "s.db") ? free : held);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GT(free, held) << held << " of " << free + held << " looks found it held";
  EXPECT_GT(free, 0) << slurp(scratch / "stderr");
}

}  // namespace
}  // namespace flm::testing
