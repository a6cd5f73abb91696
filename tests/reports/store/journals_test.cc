// The store on file systems without shared memory and locks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
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

/// Locks that take their time, as those of a file server do: SQLite's VFS of lock files, whose
/// files wait before they lock and unlock. The methods of its files are copied, their locks put
/// before.
class SlowLocks {
 public:
  SlowLocks() : vfs_(*sqlite3_vfs_find("unix-dotfile")) {
    vfs_.zName = "slow locks";
    vfs_.xOpen = &SlowLocks::open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~SlowLocks() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(usual_, 1);
  }

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    sqlite3_vfs* const quick = sqlite3_vfs_find("unix-dotfile");
    const int opened = quick->xOpen(quick, name, file, flags, out);
    if (opened != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB)) return opened;  // journals have none
    static const sqlite3_io_methods* const inner = file->pMethods;  // the same for all such files
    static const sqlite3_io_methods slow = [] {
      sqlite3_io_methods methods = *inner;
      methods.xLock = [](sqlite3_file* locked, int kind) {
        usleep(kMicroseconds);
        return inner->xLock(locked, kind);
      };
      methods.xUnlock = [](sqlite3_file* locked, int kind) {
        usleep(kMicroseconds);
        return inner->xUnlock(locked, kind);
      };
      return methods;
    }();
    file->pMethods = &slow;
    return opened;
  }

  static constexpr unsigned kMicroseconds = 10000;
  sqlite3_vfs* const usual_ = sqlite3_vfs_find(nullptr);
  sqlite3_vfs vfs_;
};

TEST_F(StoreTest, WhereLocksAreSlowBothProcessesComeToTheirTurn) {
  const SlowLocks system;
  Store::open(path_);
  const auto write = [&](const std::string& whose) {
    const auto store = Store::open(path_);
    for (int i = 0; i < 4; ++i) {
      store->put_response(whose + std::to_string(i), whose);
      store->commit();
    }
  };
  const pid_t child = fork();
  if (child == 0) {
    write("child");
    _exit(0);
  }
  const auto begin = std::chrono::steady_clock::now();
  write("parent");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_GT(took.count(), 0.08)
      << "the locks were not slow";  // four commits, each locks and unlocks
  const auto store = Store::open(path_);
  for (int i = 0; i < 4; ++i)
    for (const std::string whose : {"child", "parent"})
      EXPECT_EQ(store->response(whose + std::to_string(i)), whose) << i;
}

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
