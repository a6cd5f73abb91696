// A store in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "reports/store/store.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {

class StoreTest : public testing::Test {
 protected:
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

  const TemporaryFolder made_;
  const std::string folder_ = made_.path(), path_ = folder_ + "/runs.db";
};

inline void execute(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
}

}  // namespace flm
