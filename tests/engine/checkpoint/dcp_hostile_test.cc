// .metadata that is torn, hostile or says what cannot be: one clear error each, nothing executed.
#include <gmock/gmock.h>

#include <cstdlib>

#include "engine/checkpoint/formats/dcp_metadata.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "tests/engine/checkpoint/metadata_pickle.h"
#include "tests/engine/checkpoint/training_fixtures.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

DcpMetadata read(const std::string& bytes) {
  return read_dcp_metadata(*MappedFile::of_bytes(bytes, ".metadata"));
}

std::string refusal(const std::string& bytes) {
  return error_of([&] { read(bytes); });
}

/// The .metadata of a case of broken.tar.gz.
class BrokenMetadata : public testing::Test {
 protected:
  void SetUp() override {
    FLM_NEEDS_SHARED();
    const std::string command =
        "tar xzf '" + training_run("broken.tar.gz") + "' -C '" + folder_.path() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  std::string bytes(const std::string& name) const {
    return read_file(folder_ / ("broken/" + name + "/step_40/.metadata"));
  }
  TemporaryFolder folder_;
};

TEST_F(BrokenMetadata, NamesWhatIsWrong) {
  EXPECT_EQ(refusal(bytes("dcp-shards-newer")), "");  // the control
  EXPECT_THAT(refusal(bytes("dcp-executes")), HasSubstr("no Metadata"));
  EXPECT_THAT(refusal(bytes("dcp-recursive")), HasSubstr("no Metadata"));
  EXPECT_THAT(refusal(bytes("dcp-deep")), HasSubstr("no Metadata"));
  EXPECT_THAT(refusal(bytes("dcp-length-negative")), HasSubstr("is negative: -1"));
  EXPECT_THAT(refusal(bytes("dcp-length-huge")), HasSubstr("no whole number below 2^60"));
  EXPECT_THAT(refusal(bytes("dcp-path-escape")), HasSubstr("../step_40/__1_0.distcp"));
  // A call whose result nobody uses is no part of the weights.
  EXPECT_EQ(read(bytes("dcp-executes-inside")).tensors.size(),
            read(bytes("dcp-shards-newer")).tensors.size());
  EXPECT_FALSE(std::filesystem::exists("EXECUTED"));
}

TEST_F(BrokenMetadata, TellsATornFile) {
  EXPECT_THROW(read(bytes("dcp-empty-metadata")), TornFile);
  EXPECT_THROW(read(bytes("dcp-torn-metadata")), TornFile);
}

const PickledEntry kWhole{"w", {4, 2}, {{{0, 0}, {2, 2}}, {{2, 0}, {2, 2}}}};
const PickledPlace kFirst{"w", {0, 0}};
const PickledPlace kSecond{"w", {2, 0}, "__1_0.distcp", pickled_long(5), pickled_long(7)};

TEST(DcpMetadata, PairsChunksWithPlacesByTheirBegin) {
  const DcpMetadata metadata = read(pickled_metadata({kWhole}, {kSecond, kFirst}));
  ASSERT_EQ(metadata.tensors.size(), 1u);
  EXPECT_THAT(metadata.tensors[0].shape, ElementsAre(4, 2));
  ASSERT_EQ(metadata.chunks.size(), 2u);
  EXPECT_EQ(metadata.files[metadata.chunks[1].file], "__1_0.distcp");
  EXPECT_EQ(metadata.chunks[1].offset, 5);
  EXPECT_EQ(metadata.chunks[1].length, 7);
  EXPECT_THAT(metadata.begin(metadata.tensors[0], metadata.chunks[1]), ElementsAre(2, 0));
  EXPECT_THAT(metadata.file_bytes, ElementsAre(7, 100));
}

TEST(DcpMetadata, RefusesPlacesThatContradict) {
  EXPECT_EQ(refusal(pickled_metadata({kWhole}, {kFirst, kFirst, kSecond})), "");
  PickledPlace other = kFirst;
  other.offset = pickled_long(8);
  EXPECT_THAT(refusal(pickled_metadata({kWhole}, {kFirst, other, kSecond})),
              HasSubstr("two places to the chunk of w at [0, 0]"));
  EXPECT_THAT(refusal(pickled_metadata({kWhole}, {kFirst})), HasSubstr("chunk of w at [2, 0]"));
  EXPECT_THAT(refusal(pickled_metadata({kWhole, kWhole}, {kFirst, kSecond})),
              HasSubstr("holds the key w twice"));
}

TEST(DcpMetadata, RefusesBoxesOutsideTheirTensor) {
  for (const PickledChunk& chunk :
       {PickledChunk{{3, 0}, {2, 2}}, PickledChunk{{0, 0}, {4, 3}}, PickledChunk{{0}, {4}},
        PickledChunk{{-1, 0}, {2, 2}}, PickledChunk{{1, 0}, {INT64_MAX, 2}}}) {
    EXPECT_THAT(refusal(pickled_metadata({{"w", {4, 2}, {chunk}}}, {kFirst})),
                HasSubstr("tensor w"));
  }
  EXPECT_THAT(refusal(pickled_metadata({{"w", {std::int64_t{1} << 59, 16}, {}}}, {})),
              HasSubstr("tensor w"));
}

TEST(DcpMetadata, RefusesTransformedStreamsByName) {
  PickledPlace place = kFirst;
  place.transforms = "](" + pickled_text("zstd") + "e";
  EXPECT_THAT(refusal(pickled_metadata({kWhole}, {place, kSecond})), HasSubstr("zstd"));
  place.transforms = "]";
  EXPECT_EQ(refusal(pickled_metadata({kWhole}, {place, kSecond})), "");
}

TEST(DcpMetadata, RefusesFilesOutsideTheFolder) {
  for (const std::string& file : {std::string("/etc/passwd"), std::string(".."), std::string(),
                                  std::string("a/b"), std::string("a\0b", 3)}) {
    PickledPlace place = kFirst;
    place.file = file;
    EXPECT_THAT(refusal(pickled_metadata({kWhole}, {place, kSecond})), HasSubstr("folder")) << file;
  }
}

/// A rank without rows says so with an empty box, for which nothing is stored.
TEST(DcpMetadata, KeepsNoBoxesWithoutElements) {
  PickledEntry entry = kWhole;
  entry.chunks.push_back({{4, 0}, {0, 2}});
  EXPECT_EQ(read(pickled_metadata({entry}, {kFirst, kSecond})).chunks.size(), 2u);
}

/// Also what only the optimizer's entries name is no place outside the folder.
TEST(DcpMetadata, LooksAtTheFilesOfOptimizersToo) {
  const PickledEntry moment{"optimizer.state.exp_avg.w", {2}, {{{0}, {2}}}};
  const DcpMetadata metadata =
      read(pickled_metadata({kWhole, moment}, {kFirst, kSecond, {moment.name, {0}}}));
  EXPECT_EQ(metadata.optimizer_entries, 1);
  EXPECT_EQ(metadata.tensors.size(), 1u);
  EXPECT_THAT(metadata.file_bytes, ElementsAre(200, 7));
  EXPECT_THAT(
      refusal(pickled_metadata({kWhole, moment}, {kFirst, kSecond, {moment.name, {0}, "../x"}})),
      HasSubstr("../x"));
}

}  // namespace
}  // namespace flm
