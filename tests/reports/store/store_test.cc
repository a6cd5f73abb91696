// The store: what is committed stays, whatever else happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "reports/report.h"
#include "reports/store/record_json.h"
#include "reports/store/run_parts.h"
#include "reports/store/sample_parts.h"
#include "reports/store/sqlite.h"
#include "reports/store/store_error.h"
#include "tests/base/system/as_nobody.h"
#include "tests/reports/store/store_fixture.h"

namespace flm {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST_F(StoreTest, RecordsComeBackAsTheyWere) {
  TaskRecord task;
  task.task = "t";
  task.alias = "a task";
  task.version_json = "1.0";
  task.num_fewshot = 5;
  task.docs_total = 10;
  task.docs_chosen = 2;
  task.builtin_sample = true;
  task.metrics = {{"none", "acc", "mean", false}};
  SampleRecord one = sample(7, 0.1);
  one.filter_index = 1;
  one.doc_json = "{\"q\": \"\xE4\xBD\xA0\"}";
  one.target = std::string("a\0b", 3);
  one.cluster = "c";
  one.values = {{"acc", {0.1, std::nan(""), INFINITY}}, {"empty", {}}};
  {
    const auto store = Store::open(path_);
    EXPECT_TRUE(std::filesystem::exists(path_ + "-wal"));
    store->begin_run(run("r"));
    store->put_task("r", 0, task);
    store->put_sample("r", one);
    store->put_sample("r", sample(3, 1));
    store->put_response("k", std::string("\0\1\2", 3));
    store->commit();
  }
  const auto store = Store::open(path_);
  ASSERT_EQ(store->tasks("r").size(), 1U);
  const TaskRecord read = store->tasks("r")[0];
  EXPECT_EQ(read.alias, "a task");
  EXPECT_EQ(read.docs_chosen, 2);
  EXPECT_TRUE(read.builtin_sample);
  EXPECT_EQ(read.metrics.at(0).aggregation, "mean");
  EXPECT_FALSE(read.metrics.at(0).higher_is_better);
  const auto samples = store->samples("r", "t");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].doc_id, 3) << "by filter, then document";
  EXPECT_EQ(samples[1].target, one.target);
  EXPECT_EQ(samples[1].doc_json, one.doc_json);
  EXPECT_EQ(samples[1].values[0].second[0], 0.1);
  EXPECT_TRUE(std::isnan(samples[1].values[0].second[1]));
  EXPECT_EQ(samples[1].values[0].second[2], INFINITY);
  EXPECT_TRUE(samples[1].values[1].second.empty());
  EXPECT_EQ(store->sample_values("r", "t")[1].doc_json, "");
  EXPECT_EQ(store->sample_values("r", "t")[1].cluster, "c");
  EXPECT_EQ(store->response("k"), std::string("\0\1\2", 3));
  EXPECT_EQ(store->response("other"), std::nullopt);
}

TEST_F(StoreTest, PuttingAgainReplaces) {
  const auto store = Store::open(path_);
  store->begin_run(run("r", "first"));
  store->put_sample("r", sample(1, 0));
  store->put_sample("r", sample(1, 1));
  store->begin_run(run("r", "second"));
  store->commit();
  ASSERT_EQ(store->samples("r", "t").size(), 1U);
  EXPECT_EQ(store->samples("r", "t")[0].values[0].second[0], 1);
  ASSERT_EQ(store->runs().size(), 1U);
  EXPECT_EQ(store->runs()[0].name, "second");
}

TEST_F(StoreTest, AKilledProcessKeepsWhatItCommitted) {
  const pid_t child = fork();
  if (child == 0) {
    const auto store = Store::open(path_);
    store->begin_run(run("r"));
    for (int i = 0; i < 1000; ++i) store->put_sample("r", sample(i, 1));
    store->commit();
    for (int i = 1000; i < 5000; ++i) store->put_sample("r", sample(i, 1));
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto store = Store::open(path_);
  EXPECT_EQ(store->samples("r", "t").size(), 1000U);
  store->put_sample("r", sample(1000, 1));
  store->commit();
  EXPECT_EQ(store->samples("r", "t").size(), 1001U);
}

TEST_F(StoreTest, ASecondWriterWaitsAndMemoriesDoNot) {
  const auto store = Store::open(path_);
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) {
    SqliteDatabase other(path_, 0, SqliteAccess::kWrite);
    other.execute("BEGIN IMMEDIATE");
    other.execute("INSERT INTO responses VALUES ('theirs', '1')");
    if (write(pipes[1], "x", 1) != 1) _exit(1);
    usleep(300'000);
    other.execute("COMMIT");
    _exit(0);
  }
  char ready = 0;
  ASSERT_EQ(read(pipes[0], &ready, 1), 1);
  store->remember("memory", "1");
  EXPECT_EQ(store->response("memory"), std::nullopt) << "given up at once";
  store->put_response("ours", "2");
  store->commit();
  EXPECT_EQ(store->response("theirs"), "1");
  EXPECT_EQ(store->response("ours"), "2");
  store->remember("memory", "1");
  EXPECT_EQ(Store::open(path_)->response("memory"), "1");
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(StoreTest, WhatWaitsForACommitKeepsNobodyFromWriting) {
  const auto one = Store::open(path_), two = Store::open(path_);
  one->begin_run(run("r"));
  one->put_sample("r", sample(1, 1));
  one->put_response("mine", "1");
  EXPECT_EQ(one->response("mine"), "1") << "seen by the one that put it";
  EXPECT_EQ(two->response("mine"), std::nullopt);
  SqliteDatabase impatient(path_, 0, SqliteAccess::kWrite);
  impatient.execute("BEGIN IMMEDIATE");  // throws where somebody holds the lock
  impatient.execute("ROLLBACK");
  two->put_response("theirs", "2");
  two->commit();
  one->commit();
  EXPECT_EQ(two->response("mine"), "1");
  EXPECT_EQ(one->response("theirs"), "2");
  EXPECT_EQ(two->samples("r", "t").size(), 1U);
}

TEST_F(StoreTest, AFailedCommitKeepsWhatWaits) {
  const auto store = Store::open(path_);
  store->begin_run(run("r"));
  store->commit();
  store->put_sample("r", sample(1, 1));
  execute(path_,
          "CREATE TRIGGER full BEFORE INSERT ON samples BEGIN SELECT RAISE(FAIL, 'full'); END");
  EXPECT_THAT(error_of([&] { store->commit(); }), HasSubstr("full"));
  execute(path_, "DROP TRIGGER full");
  store->commit();
  EXPECT_EQ(store->samples("r", "t").size(), 1U);
}

TEST_F(StoreTest, FindsRunsByIdPrefixAndName) {
  const auto store = Store::open(path_);
  store->begin_run(run("2026-11-24T20-30-13-aaaaaa", "night", "2026-11-24T20:30:13Z"));
  store->begin_run(run("2026-11-24T20-30-14-bbbbbb", "night", "2026-11-24T20:30:14Z"));
  store->begin_run(run("2026-11-25T08-00-00-cccccc", "day", "2026-11-25T08:00:00Z"));
  store->commit();
  EXPECT_EQ(store->find_run("2026-11-24T20-30-13-aaaaaa").name, "night");
  EXPECT_EQ(store->find_run("2026-11-25").name, "day");
  EXPECT_EQ(store->find_run("night").id, "2026-11-24T20-30-14-bbbbbb") << "the newest of a name";
  EXPECT_EQ(store->runs()[0].name, "day") << "newest first";
  EXPECT_EQ(store->find_run("bbbb").name, "night") << "any unique part";
  EXPECT_EQ(store->find_run("latest").name, "day");
  store->begin_run(run("2026-11-23T08-00-00-dddddd", "a", "2026-11-23T08:00:00Z"));
  store->commit();
  EXPECT_EQ(store->find_run("a").name, "a") << "a name is meant before a part of another's id";
  const std::string several = error_of([&] { store->find_run("2026-11-24"); });
  EXPECT_THAT(several, HasSubstr("several runs"));
  EXPECT_THAT(several, HasSubstr("aaaaaa"));
  EXPECT_THAT(several, HasSubstr("bbbbbb"));
  EXPECT_THAT(error_of([&] { store->find_run("evening"); }), HasSubstr("cccccc (day)"));
  EXPECT_THAT(error_of([&] { store->find_run("%"); }), HasSubstr("no such run"));
}

TEST_F(StoreTest, RefusesWhatIsNotAStore) {
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_THAT(error_of([&] { Store::open(path_); }), HasSubstr("not an SQLite database"));
  EXPECT_THAT(error_of([&] { Store::open(folder_); }), HasSubstr("a file, and this is a folder"));
  EXPECT_THAT(error_of([&] { Store::open(folder_ + "/no/such/folder.db"); }),
              HasSubstr("cannot be opened"));
}

// Somebody's hand in the file is a mistake to be told, and none of the program's own.
TEST_F(StoreTest, RecordsOfAnotherFormAreUserErrors) {
  for (const char* json :
       {"7", "{}", "[7]", "[{}]", "[[1, 2]]", "[[\"acc\", \"x\"]]", "[", "null"}) {
    const auto told = [&](const auto& decode) { return error_of([&] { decode(json, "run r"); }); };
    EXPECT_THAT(told(decode_metrics), HasSubstr("metrics of run r")) << json;
    EXPECT_THAT(told([](const auto&... of) { return decode_values(of...); }),
                HasSubstr("values of run r"))
        << json;
    EXPECT_THAT(told(decode_groups), HasSubstr("groups of run r")) << json;
  }
}

/// Each of what a run keeps as JSON: the error names the part, the run, the store and the remedy.
TEST_F(StoreTest, WhatSomebodyChangedIsNamed) {
  const auto store = Store::open(path_);
  store->begin_run(run("r"));
  store->commit();
  struct Case {
    const char *column, *json;
    Json (*part)(const RunRecord&);
  };
  const std::vector<Case> cases = {{"options", "{\"a\": ", options_part},
                                   {"options", "[]", options_part},
                                   {"options", R"({"arguments": [1]})", options_part},
                                   {"options", R"({"data": {"notes": "n"}})", options_part},
                                   {"engine", R"({"config_hash": 1})", engine_part},
                                   {"environment", R"({"flmeval": null})", environment_part},
                                   {"cost", R"({"seconds": "x"})", cost_part},
                                   {"cost", R"({"tokens_submitted": 1e300})", cost_part}};
  for (const Case& one : cases) {
    execute(path_, "UPDATE runs SET options = '', engine = '', environment = '', cost = ''");
    const std::string change =
        std::string("UPDATE runs SET ") + one.column + " = '" + one.json + "'";
    execute(path_, change.c_str());
    const std::string error = error_of([&] { one.part(store->find_run("r")); });
    EXPECT_THAT(error, HasSubstr(one.column + std::string(" of run r in ") + path_)) << one.json;
    EXPECT_THAT(error, HasSubstr("give a copy of the store that nobody changed")) << one.json;
    EXPECT_THAT(error, EndsWith(one.json));
  }
}

TEST_F(StoreTest, GroupsThatHoldThemselvesOrGrowWithoutEndAreRefused) {
  const auto group = [](const std::string& name, std::vector<std::string> children) {
    return GroupRecord{name, name, "1", std::move(children), {}, {}, {}};
  };
  RunRecord one = run("r");
  std::vector<GroupRecord> doubling;
  for (int i = 0; i < 40; ++i) {
    const std::string next = "g" + std::to_string(i + 1);
    doubling.push_back(group("g" + std::to_string(i), {next, next}));
  }
  one.groups_json = encode_groups(doubling);
  EXPECT_THAT(error_of([&] { groups_part(one); }), HasSubstr("groups of run r"));
  one.groups_json = encode_groups({group("a", {"b"}), group("b", {"a"})});
  EXPECT_THAT(error_of([&] { groups_part(one); }), HasSubstr("groups of run r"));
  one.groups_json = encode_groups({group("a", {"b", "c"}), group("b", {"t"}), group("c", {"t"})});
  EXPECT_EQ(groups_part(one).size(), 3u);
}

TEST_F(StoreTest, PartsOfSamplesThatSomebodyChangedAreNamed) {
  const auto store = Store::open(path_);
  store->begin_run(run("r"));
  store->put_sample("r", sample(1, 0));
  store->commit();
  for (const char* json : {"[1]", "{}", "[[\"a\"", "7"}) {
    execute(path_, (std::string("UPDATE samples SET arguments = '") + json + "'").c_str());
    const SampleRecord changed = store->samples("r", "t")[0];
    EXPECT_THAT(error_of([&] { sample_arguments(changed); }),
                HasSubstr("arguments of document 1 of t, run r in " + path_));
  }
}

/// A read that ends with an error in the middle leaves the store as ready as before.
TEST_F(StoreTest, AnErrorInARowDoesNotBreakTheNextRead) {
  const auto store = Store::open(path_);
  store->begin_run(run("r"));
  store->put_sample("r", sample(1, 0));
  store->put_sample("r", sample(2, 0));
  store->commit();
  execute(path_, "UPDATE samples SET \"values\" = '7'");
  for (int time = 0; time < 2; ++time)
    EXPECT_THAT(error_of([&] { store->samples("r", "t"); }),
                HasSubstr("values of run r in " + path_));
  execute(path_, "UPDATE samples SET \"values\" = '[]'");
  EXPECT_EQ(store->samples("r", "t").size(), 2U);
}

TEST_F(StoreTest, RefusesANewerSchemaAndAForeignDatabase) {
  execute(path_, "CREATE TABLE songs (title TEXT)");
  EXPECT_THAT(error_of([&] { Store::open(path_); }), HasSubstr("another program"));
  const std::string newer = folder_ + "/newer.db";
  Store::open(newer);
  execute(newer, "PRAGMA user_version = 99");
  EXPECT_THAT(error_of([&] { Store::open(newer); }), HasSubstr("schema 99"));
}

TEST_F(StoreTest, AFileThatMayNotBeWrittenIsRefused) {
  if (getuid() == 0) GTEST_SKIP() << "skipped: root may write every file";
  Store::open(path_);
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
  EXPECT_THAT(error_of([&] { Store::open(path_); }), HasSubstr("cannot be written"));
}

/// open(2): EMFILE and write(2): EFBIG, by the limits of a process of its own.
TEST_F(StoreTest, WhatTheSystemSaysOfAFaultIsTold) {
  const auto limited = [&](int resource, rlim_t most, const std::function<void()>& use) {
    return as_nobody([&] {
      const rlimit limit{most, most};
      setrlimit(static_cast<__rlimit_resource>(resource), &limit);
      signal(SIGXFSZ, SIG_IGN);
      return error_of(use);
    });
  };
  std::filesystem::permissions(folder_, std::filesystem::perms::all);
  EXPECT_EQ(limited(RLIMIT_NOFILE, 3, [&] { Store::open(path_); }),
            "the store cannot be opened or made there: " + path_ +
                ": Too many open files; raise the limit on open files (ulimit -n)");
  std::filesystem::create_directory(folder_ + "/closed");
  EXPECT_EQ(as_nobody([&] { return error_of([&] { Store::open(folder_ + "/closed/x.db"); }); }),
            "the store cannot be opened or made there: " + folder_ +
                "/closed/x.db: Permission denied; get the right to it or give another --store");
  EXPECT_THAT(limited(RLIMIT_FSIZE, 4096, [&] { Store::open(path_)->commit(); }),
              HasSubstr("File too large; raise the limit on a file's size (ulimit -f)"));
}

TEST_F(StoreTest, WhatIsNotThereIsNotMadeForReading) {
  EXPECT_THAT(error_of([&] { Store::open_to_read(path_); }), HasSubstr("no such store"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  execute(path_, "CREATE TABLE t (x)");
  EXPECT_THAT(error_of([&] { Store::open_to_read(path_); }), HasSubstr("no store of flmeval"));
}

/// What a full disk or a kill leaves of a run that could not begin.
TEST_F(StoreTest, AnEmptyFileIsReadAsAStoreWithoutRuns) {
  std::ofstream(path_).flush();
  EXPECT_TRUE(Store::open_to_read(path_)->runs().empty());
  EXPECT_EQ(std::filesystem::file_size(path_), 0u);
  execute(path_, "PRAGMA journal_mode = WAL");  // SQLite's header, and nothing else
  EXPECT_EQ(std::filesystem::file_size(path_), 4096u);
  const auto store = Store::open_to_read(path_);
  EXPECT_EQ(error_of([&] { (void)store->find_run("latest"); }),
            "no such run in " + path_ + ": latest; the store has no runs");
  EXPECT_EQ(store->path(), path_);
}

TEST_F(StoreTest, WhatIsWrittenIntoAStoreThatIsGoneIsAnError) {
  const auto store = Store::open(path_);
  store->begin_run(run("r"));
  store->commit();
  std::filesystem::rename(path_, path_ + ".moved");
  store->put_sample("r", sample(0, 1));
  EXPECT_THROW(store->commit(), StoreError);
  std::ofstream(path_).flush();  // another file in its place
  EXPECT_THAT(error_of([&] { store->commit(); }),
              testing::AllOf(HasSubstr("deleted, moved or replaced"), EndsWith(": " + path_)));
  std::filesystem::rename(path_ + ".moved", path_);
  store->commit();
  EXPECT_EQ(Store::open_to_read(path_)->sample_values("r", "t").size(), 1u);
}

/// SQLite would keep the first two in memory.
TEST_F(StoreTest, APathIsTheNameOfAFile) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  for (const char* name : {":memory:", "file:x?mode=memory"}) {
    const auto store = Store::open(name);
    store->begin_run(run("r"));
    store->commit();
    EXPECT_TRUE(std::filesystem::is_regular_file(name)) << name;
    EXPECT_EQ(Store::open_to_read(name)->runs().size(), 1u) << name;
  }
  std::filesystem::current_path(before);
  EXPECT_THAT(error_of([] { Store::open(""); }), HasSubstr("--store wants a file"));
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { Store::open_to_read(path_); }),
              EndsWith("give another --store: " + path_));
  EXPECT_THAT(error_of([&] { Store::open(path_); }), HasSubstr("a pipe or a device"));
}

/// Where neither the file nor its folder can be written.
std::string read_by_another(const std::string& path) {
  return as_nobody([&] {
    const auto store = Store::open_to_read(path);
    const Report report = build_report(*store, "r");
    store->remember("key", "dropped");
    return report.rows.at(0).name + " " + std::to_string(store->runs().size());
  });
}

TEST_F(StoreTest, OneThatCannotBeWrittenIsReported) {
  TaskRecord task;
  task.task = "t";
  task.docs_chosen = 1;
  task.metrics = {{"none", "acc", "mean", true}};
  auto store = Store::open(path_);
  store->begin_run(run("r"));
  store->put_task("r", 0, task);
  store->put_sample("r", sample(0, 1));
  store->commit();
  store.reset();
  using std::filesystem::perms;
  const perms read = perms::owner_read | perms::group_read | perms::others_read;
  std::filesystem::permissions(path_, read);
  std::filesystem::permissions(folder_,
                               read | perms::owner_exec | perms::group_exec | perms::others_exec);
  EXPECT_EQ(read_by_another(path_), "t 1");
  std::filesystem::permissions(folder_, perms::all);
}

TEST_F(StoreTest, AHundredThousandSamplesAreReportedInThreeSeconds) {
  const auto store = Store::open(path_);
  store->begin_run(run("r"));
  TaskRecord task;
  task.task = "t";
  task.docs_chosen = 100'000;
  task.metrics = {{"none", "acc", "mean", true}};
  store->put_task("r", 0, task);
  for (int i = 0; i < 100'000; ++i) {
    SampleRecord one = sample(i, i % 4 == 0);
    one.doc_json = std::string(500, 'd');
    one.arguments_json = std::string(2000, 'a');
    one.doc_hash = one.prompt_hash = one.target_hash = std::string(64, 'h');
    store->put_sample("r", one);
  }
  store->commit();
  const std::clock_t start = std::clock();  // of this process: the machine may be busy
  const Report report = build_report(*store, "r");
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_EQ(report.rows.at(0).scores.at(0).value, 0.25);
  EXPECT_EQ(report.rows.at(0).n, 100'000);
  EXPECT_LT(seconds, 3.0);
}

TEST_F(StoreTest, RunsAreFoundByTheirWholeIdAndByTheirFigures) {
  const auto store = Store::open(path_);
  for (const std::string id : {"a", "ab", "b"}) {
    RunRecord one = run(id, "name", "2026-11-24T20:30:1" + std::to_string(id.size()) + "Z");
    one.fingerprint = id == "b" ? "other" : "same";
    store->begin_run(one);
  }
  store->commit();
  EXPECT_EQ(store->run("a").value().id, "a");
  EXPECT_FALSE(store->run("c"));
  EXPECT_FALSE(store->run("name"));
  std::vector<std::string> ids;
  for (const RunRecord& one : store->runs_of("same")) ids.push_back(one.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"ab", "a"})) << "newest first";
}

}  // namespace
}  // namespace flm
