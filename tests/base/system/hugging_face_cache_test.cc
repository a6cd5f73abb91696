#include "base/system/hugging_face_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "base/errors.h"
#include "base/system/environment.h"

namespace flm {
namespace {

using Variables = std::map<std::string, std::string>;

/// HOME is /home/flm and of the caches' variables none but these is set, while it lives.
class OnlyThese {
 public:
  explicit OnlyThese(const Variables& variables) {
    for (const char* name : {"HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
                             "XDG_CACHE_HOME", "FLM_X", "FLM_UNSET"}) {
      const char* value = std::getenv(name);
      before_[name] = value ? std::optional<std::string>(value) : std::nullopt;
      unsetenv(name);
    }
    setenv("HOME", "/home/flm", 1);
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  }
  ~OnlyThese() {
    for (const auto& [name, value] : before_)
      value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

struct Setting {
  Variables variables;
  std::string hub;
};

/// `hub` is huggingface_hub.constants.HF_HUB_CACHE of version 2.4 with these variables.
TEST(HuggingFaceCache, LiesWhereHuggingfaceHubLooks) {
  const std::vector<Setting> settings = {
      {{}, "/home/flm/.cache/huggingface/hub"},
      {{{"HF_HOME", "~/hf"}}, "/home/flm/hf/hub"},
      {{{"HF_HOME", "$HOME/hf"}}, "/home/flm/hf/hub"},
      {{{"HF_HOME", "${HOME}/hf"}}, "/home/flm/hf/hub"},
      {{{"HF_HOME", "/abs"}}, "/abs/hub"},
      {{{"HF_HOME", "~"}}, "/home/flm/hub"},
      {{{"HF_HOME", "~root/hf"}}, "/root/hf/hub"},
      {{{"HF_HOME", "~nobody_here/hf"}}, "~nobody_here/hf/hub"},
      {{{"HF_HOME", "$FLM_UNSET/hf"}}, "$FLM_UNSET/hf/hub"},
      {{{"HF_HOME", "/a/$FLM_X$FLM_X"}, {"FLM_X", "q"}}, "/a/qq/hub"},
      {{{"HF_HOME", "$FLM_X"}, {"FLM_X", "~/b"}}, "/home/flm/b/hub"},
      {{{"HF_HOME", "/a/$-${HOME/${}$"}}, "/a/$-${HOME/${}$/hub"},
      {{{"HF_HUB_CACHE", "~/hub"}}, "/home/flm/hub"},
      {{{"HF_HUB_CACHE", "$HOME/hub"}}, "/home/flm/hub"},
      {{{"HUGGINGFACE_HUB_CACHE", "~/older"}}, "/home/flm/older"},
      {{{"HUGGINGFACE_HUB_CACHE", "$HOME/older"}, {"HF_HOME", "/abs"}}, "/home/flm/older"},
      {{{"HF_HUB_CACHE", "/new"}, {"HUGGINGFACE_HUB_CACHE", "/older"}}, "/new"},
      {{{"XDG_CACHE_HOME", "~/xdg"}}, "/home/flm/xdg/huggingface/hub"},
      {{{"XDG_CACHE_HOME", "$HOME/xdg"}}, "/home/flm/xdg/huggingface/hub"},
  };
  for (const auto& [variables, hub] : settings) {
    const OnlyThese scope(variables);
    EXPECT_EQ(hub_folder().string(), hub);
  }
}

TEST(HuggingFaceCache, AnEmptyVariableIsAnUnsetOne) {
  const OnlyThese scope(Variables{{"HF_HUB_CACHE", ""}, {"HF_HOME", ""}, {"XDG_CACHE_HOME", ""}});
  EXPECT_EQ(hub_folder().string(), "/home/flm/.cache/huggingface/hub");
  EXPECT_EQ(hub_entry("datasets", "org/set").filename(), "datasets--org--set");
}

TEST(Environment, ASwitchIsZeroOrOne) {
  for (const auto& [text, is] : {std::pair{"0", false}, {"1", true}, {"", true}}) {
    const OnlyThese scope(Variables{{"FLM_X", text}});
    EXPECT_EQ(environment_switch("FLM_X", true, "1 does, 0 does not"), is) << text;
  }
  const OnlyThese scope(Variables{{"FLM_X", "yes"}});
  try {
    environment_switch("FLM_X", true, "1 does, 0 does not");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "FLM_X takes 0 or 1 (1 does, 0 does not), not \"yes\"; unset it");
  }
}

}  // namespace
}  // namespace flm
