// A file beside the tokenizer that cannot be looked at is not one that is not there: without it
// the texts would have other tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/tokenizer.h"
#include "tests/base/system/as_nobody.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// Nano's tokenizer, in a folder where all may look.
class ClosedFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.copy_from(FLM_SOURCE_DIR "/models/nano/step_01600");
    fs::permissions(folder_.path(), fs::perms::all);
    fs::create_directory(in("closed"));
    fs::permissions(in("closed"), fs::perms::none);
  }
  void TearDown() override { fs::permissions(in("closed"), fs::perms::all); }
  std::string in(const std::string& name) const { return folder_ / name; }
  std::string opened() const {
    return as_nobody([&] { return Tokenizer::open({folder_.path()}) ? "opened" : ""; });
  }

  TemporaryFolder folder_;
};

TEST_F(ClosedFiles, AreNotAbsent) {
  ASSERT_EQ(opened(), "opened");
  for (const std::string name :
       {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json",
        "generation_config.json", "chat_template.jinja", "tokenizer.model", "tokenizer.json"}) {
    const bool moved = fs::exists(in(name));
    if (moved) fs::rename(in(name), in("kept"));
    fs::create_symlink("closed/" + name, in(name));
    EXPECT_EQ(opened(), "error: cannot read " + in(name) +
                            ": Permission denied; get the right to it or give another path");
    fs::remove(in(name));
    if (moved) fs::rename(in("kept"), in(name));
  }
  fs::create_directory_symlink("closed", in("additional_chat_templates"));
  EXPECT_EQ(opened(), "error: cannot read the folder " + in("additional_chat_templates") +
                          ": Permission denied; get the right to it or give another path");
}

}  // namespace
}  // namespace flm
