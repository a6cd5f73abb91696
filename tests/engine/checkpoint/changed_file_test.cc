// Files that change while they are read.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/engine.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ChangedFile : public ::testing::Test {
 protected:
  void SetUp() override { folder_.write("file", "0123456789"); }

  std::string complaint(const MappedFile& file) {
    return error_of([&] { file.require_unchanged(); });
  }
  void write_in_place(const std::string& bytes) {
    const int file = open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(pwrite(file, bytes.data(), bytes.size(), 3), static_cast<ssize_t>(bytes.size()));
    close(file);
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "file";
};

TEST_F(ChangedFile, AWriteAnAppendAndACutAreTold) {
  auto file = MappedFile::open(path_);
  EXPECT_EQ(complaint(*file), "");
  write_in_place("xyz");
  EXPECT_THAT(complaint(*file), AllOf(HasSubstr(path_), HasSubstr("changed while it was read")));
  file = MappedFile::open(path_);
  std::ofstream(path_, std::ios::app) << "more";
  EXPECT_THAT(complaint(*file), HasSubstr(path_));
  file = MappedFile::open(path_);
  fs::resize_file(path_, 4);
  EXPECT_THAT(complaint(*file), HasSubstr(path_));
}

/// At once after opening, with the time of writing put back: as a hasty copy does.
TEST_F(ChangedFile, AWriteWithinATickAndABackdatedOneAreTold) {
  for (int i = 0; i < 5; ++i) {
    const auto file = MappedFile::open(path_);
    struct stat before {};
    ASSERT_EQ(stat(path_.c_str(), &before), 0);
    write_in_place(std::to_string(i));
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
    EXPECT_THAT(complaint(*file), HasSubstr(path_)) << i;
  }
}

TEST_F(ChangedFile, ANewFileOfTheNameALinkAndAPermissionLeaveTheBytes) {
  const auto file = MappedFile::open(path_);
  fs::permissions(path_, fs::perms::owner_read);
  EXPECT_EQ(complaint(*file), "");
  fs::create_hard_link(path_, folder_ / "link");
  EXPECT_EQ(complaint(*file), "");
  fs::remove(folder_ / "link");
  folder_.write("new", "abc");
  fs::rename(folder_ / "new", path_);
  EXPECT_EQ(complaint(*file), "");
  EXPECT_EQ(file->text(), "0123456789");
}

TEST(ChangedCheckpoint, HasNoHashAndLeavesNoFinding) {
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  SmallCheckpoint small;
  const std::string folder = small.write();
  SilentProgress progress;
  const auto table = open_table(folder);
  ASSERT_TRUE(table->check_as_loaded(progress));
  small.tensors.at("lm_head.weight").bytes[4] ^= 1;
  small.write();
  EXPECT_THAT(error_of([&] { table->check_contents(progress, true); }),
              HasSubstr(small.folder / "model.safetensors"));
  EXPECT_FALSE(fs::exists(cache / "flmeval/weights"));
}

/// Of open files, while it lives.
class ScopedLimit {
 public:
  explicit ScopedLimit(rlim_t files) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{files, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  ~ScopedLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(ChangedFile, MoreFilesThanDescriptorsAreMappedAndAChangeIsToldAllTheSame) {
  constexpr int kFiles = 150;
  for (int i = 0; i < kFiles; ++i) folder_.write(std::to_string(i), "0123456789");
  const ScopedLimit limit(100);
  std::vector<std::shared_ptr<const MappedFile>> files;
  for (int i = 0; i < kFiles; ++i) files.push_back(MappedFile::open(folder_ / std::to_string(i)));
  const MappedFile &last = *files[kFiles - 1], &other = *files[kFiles - 2];
  EXPECT_EQ(complaint(last), "");
  std::ofstream(last.path(), std::ios::app) << "more";
  EXPECT_THAT(complaint(last), HasSubstr(last.path()));
  folder_.write("new", "abc");
  fs::rename(folder_ / "new", other.path());
  EXPECT_EQ(complaint(other), "");
  EXPECT_EQ(other.text(), "0123456789");
}

class RetouchedCheckpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    table_ = open_table(small_.write());
    EXPECT_EQ(stat(path_.c_str(), &before_), 0);
  }
  void link_that_comes_and_goes() const {
    fs::create_hard_link(path_, small_.folder / "link");
    fs::remove(small_.folder / "link");
  }
  void flip_a_bit_and_put_the_time_back() const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-1, std::ios::end);
    const char last = static_cast<char>(file.get() ^ 1);
    file.seekp(-1, std::ios::end);
    file.put(last);
    file.close();
    const timespec times[2] = {before_.st_atim, before_.st_mtim};
    EXPECT_EQ(utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  }
  std::string complaint() const {
    return error_of([&] { table_->require_unchanged(); });
  }

  const TemporaryFolder cache_;
  const ScopedEnvironment environment_{"XDG_CACHE_HOME", cache_.path()};
  SmallCheckpoint small_;
  const std::string path_ = small_.folder / "model.safetensors";
  struct stat before_ {};
  std::shared_ptr<WeightTable> table_;
  SilentProgress progress_;
};

TEST_F(RetouchedCheckpoint, IsTakenWhereItsBytesAreThoseThatWereHashed) {
  link_that_comes_and_goes();
  EXPECT_THAT(complaint(), HasSubstr(path_)) << "what they were is not known yet";
  table_ = open_table(small_.folder.path());
  table_->check_contents(progress_, true);
  for (int i = 0; i < 2; ++i) {
    link_that_comes_and_goes();
    EXPECT_EQ(complaint(), "");
  }
}

TEST_F(RetouchedCheckpoint, IsToldWhereItsBytesAreOthers) {
  table_->check_contents(progress_, true);
  flip_a_bit_and_put_the_time_back();
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(complaint(), AllOf(HasSubstr(path_), HasSubstr("its time was put back")));
}

/// The embedding is read where it lies, batch by batch, also where the weights stay in memory.
TEST(ChangedCheckpoint, NoResultOfABatchIsDelivered) {
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  SmallCheckpoint small;
  SilentProgress progress;
  EngineOptions options;
  options.model = small.write();
  const auto engine = Engine::open(options, progress);
  const std::atomic<bool> stop{false};
  const std::vector<ScoreRequest> requests = {{{1, 2, 3}, 1, 0}};
  int delivered = 0;
  const auto score = [&] {
    engine->score(
        requests, [&](std::size_t, ScoreResult&&) { ++delivered; }, [] {}, stop);
  };
  score();
  EXPECT_EQ(delivered, 1);
  small.tensors.at("model.embed_tokens.weight").bytes[4] ^= 1;
  small.write();
  EXPECT_THAT(error_of(score), HasSubstr("model.safetensors changed while it was read"));
  EXPECT_EQ(delivered, 1);
}

}  // namespace
}  // namespace flm
