// What key_val_to_dict of lm-evaluation-harness 0.4.13 makes of these words.
#include "tasks/python/key_values.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace flm {
namespace {

TEST(KeyValues, HaveThePythonTypes) {
  const std::vector<std::pair<std::string, std::string>> recorded = {
      {"pretrained=/m,dtype=float32,add_bos_token=True",
       R"({"pretrained":"/m","dtype":"float32","add_bos_token":true})"},
      {"temperature=0,top_p=0.95,max_gen_toks=8,do_sample=false",
       R"({"temperature":0,"top_p":0.95,"max_gen_toks":8,"do_sample":false})"},
      {R"(until=["a","b"],x=1e-3,y=-1,z=None)",
       R"({"until":["a","b"],"x":0.001,"y":-1.0,"z":null})"},
      {R"(stop="a,b")", R"({"stop":"a,b"})"},
      {"k=['a', 'b'],v=00", R"({"k":["a","b"],"v":0})"},
  };
  for (const auto& [typed, wanted] : recorded) EXPECT_EQ(key_values({typed}).dump(), wanted);
  EXPECT_EQ(key_values({"a=1", "b=2,a=3"}).dump(), R"({"a":3,"b":2})");
  EXPECT_EQ(key_values({R"({"pretrained": "m", "x": null})"}).dump(),
            R"({"pretrained":"m","x":null})");
}

}  // namespace
}  // namespace flm
