// A store in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/errors.h"
#include "reports/store/store.h"

namespace flm {

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "flm_store_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
    path_ = folder_ + "/runs.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static RunRecord run(const std::string& id, const std::string& name = "",
                       const std::string& created = "2026-11-24T20:30:13Z") {
    RunRecord out;
    out.id = id;
    out.name = name;
    out.created = created;
    out.status = "done";
    out.fingerprint = "f-" + name;
    return out;
  }
  static SampleRecord sample(std::int64_t doc, double value) {
    SampleRecord out;
    out.task = "t";
    out.doc_id = doc;
    out.filter = "none";
    out.values = {{"acc", {value}}};
    return out;
  }
  static std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  }

  std::string folder_, path_;
};

inline void execute(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
}

}  // namespace flm
