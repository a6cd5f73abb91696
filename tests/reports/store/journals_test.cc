// The store on file systems without shared memory and locks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>

#include "reports/store/file_system.h"
#include "tests/reports/store/store_fixture.h"

namespace flm {
namespace {

/// SQLite's own VFS for file systems without shared memory and locks, as the default one.
class WithoutSharedMemory {
 public:
  WithoutSharedMemory() { sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1); }
  ~WithoutSharedMemory() { sqlite3_vfs_register(usual_, 1); }

 private:
  sqlite3_vfs* usual_ = sqlite3_vfs_find(nullptr);
};

TEST_F(StoreTest, WhereWalDoesNotWorkARollbackJournalKeepsWhatIsCommitted) {
  const WithoutSharedMemory system;
  const pid_t child = fork();
  if (child == 0) {
    const auto store = Store::open(path_);
    store->begin_run(run("a", "kept"));
    store->put_response("key", "bytes");
    store->commit();
    store->begin_run(run("b", "lost"));
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  std::filesystem::remove_all(path_ + ".lock");  // a dot file lock outlives its owner
  const auto store = Store::open(path_);
  ASSERT_EQ(store->runs().size(), 1U);
  EXPECT_EQ(store->runs()[0].name, "kept");
  EXPECT_EQ(store->response("key"), "bytes");
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(StoreTest, WhereLocksAreFilesTwoProcessesTakeTurns) {
  const WithoutSharedMemory system;
  constexpr int kEach = 12;
  Store::open(path_);
  const auto write = [&](const std::string& whose) {
    const auto store = Store::open(path_);
    for (int i = 0; i < kEach; ++i) {
      store->put_response(whose + std::to_string(i), whose);
      store->commit();
    }
  };
  const pid_t child = fork();
  if (child == 0) {
    write("child");
    _exit(0);
  }
  write("parent");
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const auto store = Store::open(path_);
  for (int i = 0; i < kEach; ++i)
    for (const std::string whose : {"child", "parent"})
      EXPECT_EQ(store->response(whose + std::to_string(i)), whose) << i;
}

TEST(FileSystem, OfANetworkIsToldFromOneOfThisHost) {
  for (std::int64_t network : {0x6969L, 0xFF534D42L, 0x0BD00BD0L, 0x65735546L,
                               -1428706582L /* PanFS, signed */, 0x01021997L})
    EXPECT_TRUE(may_be_of_a_network(network)) << network;
  for (std::int64_t local : {0xEF53L /* ext4 */, 0x58465342L /* XFS */, 0x01021994L /* tmpfs */,
                             0x9123683EL /* btrfs */, 0x794C7630L /* overlay */, 0L})
    EXPECT_FALSE(may_be_of_a_network(local)) << local;
  EXPECT_NE(file_system_type("/proc/self/status"), 0);
  EXPECT_EQ(file_system_type("/proc/self/not there"), file_system_type("/proc"));
}

}  // namespace
}  // namespace flm
