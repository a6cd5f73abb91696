// score, generate and tokenize as a user calls them: lines in, lines out.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

long line_count(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST(Lines, ScoreAnswersABadLineInItsPlace) {
  Scratch scratch;
  const auto file = scratch.write("in.jsonl",
                                  "{\"id\":\"a\",\"text\":\"Hello world\"}\n"
                                  "{\"id\":\"b\",\"tokens\":[999999]}\n"
                                  "not json\n"
                                  "{\"id\":\"d\",\"tokens\":[5]}\n");
  const Outcome outcome =
      run(scratch, {"score", "--model", nano(), "--tokens", file.string(), "--top", "3"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  std::stringstream lines(outcome.out);
  std::string a, b, c, d;
  std::getline(lines, a), std::getline(lines, b), std::getline(lines, c), std::getline(lines, d);
  EXPECT_EQ(a.rfind("{\"id\":\"a\",\"tokens\":[", 0), 0u) << a;
  EXPECT_NE(a.find("\"top\":[null,[["), std::string::npos);
  EXPECT_EQ(b.rfind("{\"id\":\"b\",\"error\":", 0), 0u) << b;
  const std::string why = parse_json(b, "out").at("error");
  EXPECT_NE(outcome.err.find("2 of 4 lines are not answered"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("the first: " + why), std::string::npos) << outcome.err;
  EXPECT_EQ(c.rfind("{\"id\":2,\"error\":", 0), 0u) << c;
  EXPECT_EQ(d,
            "{\"id\":\"d\",\"tokens\":[5],\"logprobs\":[null],\"argmax\":[null],\"sum\":0.0,\"n_"
            "scored\":0,\"top\":[null]}")
      << d;
}

// What a message shows of a line is cut between characters, or the answer would be no JSON.
TEST(Lines, ScoreAnswersALongLineOfAnotherScript) {
  Scratch scratch;
  std::string lines;
  for (const char* before : {"", "a", "ab"}) {
    lines += std::string("\"") + before;
    for (int i = 0; i < 200; ++i) lines += "\xE4\xB8\xAD";
    lines += "\"\n";
  }
  const auto file = scratch.write("in.jsonl", lines + "{\"id\":\"d\",\"tokens\":[5]}\n");
  const Outcome outcome = run(scratch, {"score", "--model", nano(), "--tokens", file.string()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(line_count(outcome.out), 4) << outcome.err;
}

TEST(Lines, ScoreBeginsWhereALineSays) {
  Scratch scratch;
  const auto file = scratch.write("in.jsonl",
                                  "{\"id\":0,\"tokens\":[5,6,7,8]}\n"
                                  "{\"id\":1,\"tokens\":[5,6,7,8],\"first_scored\":3}\n"
                                  "{\"id\":2,\"tokens\":[5,6,7,8],\"first_scored\":5}\n"
                                  "{\"id\":3,\"text\":\"a b c\",\"first_scored\":2}\n");
  const Outcome outcome =
      run(scratch, {"score", "--model", "synthetic:tiny", "--tokens", file.string()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  std::stringstream lines(outcome.out);
  std::string whole, last, wrong, text;
  std::getline(lines, whole), std::getline(lines, last), std::getline(lines, wrong);
  std::getline(lines, text);
  const Json all = parse_json(whole, "out"), one = parse_json(last, "out");
  EXPECT_EQ(one["first_scored"], 3);
  EXPECT_EQ(one["logprobs"], Json::array({all["logprobs"][3]}));
  EXPECT_EQ(one["argmax"], Json::array({all["argmax"][3]}));
  EXPECT_EQ(one["n_scored"], 1);
  EXPECT_NE(wrong.find("from 1 to the number of tokens, 4: 5"), std::string::npos) << wrong;
  EXPECT_NE(text.find("counts tokens; give \\\"tokens\\\" with it: 2"), std::string::npos) << text;
}

/// A row of the head whose products with the hidden state, all above 0, sum up to -inf.
TEST(Lines, ScoreNamesThePlacesOfProbabilityZero) {
  constexpr std::int32_t kImpossible = 700, kRowBytes = 8 * 2;
  SmallCheckpoint model(Json{{"vocab_size", 2112}});
  std::string& head = model.tensors.at("lm_head.weight").bytes;
  for (std::size_t at = 0; at < kRowBytes; at += 2) {
    head[kImpossible * kRowBytes + at] = '\x7F';  // the lowest bf16, -3.4e38
    head[kImpossible * kRowBytes + at + 1] = '\xFF';
  }
  const std::string folder = model.write();
  std::filesystem::copy_file(nano() + "/tokenizer.model", folder + "/tokenizer.model");
  Scratch scratch;
  const auto file = scratch.write("in.jsonl",
                                  "{\"id\":0,\"tokens\":[5,6,700,7,700]}\n"
                                  "{\"id\":1,\"tokens\":[700,6,700],\"first_scored\":2}\n"
                                  "{\"id\":2,\"tokens\":[700,6,7]}\n");
  const Outcome outcome = run(scratch, {"score", "--model", folder, "--tokens", file.string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::stringstream lines(outcome.out);
  std::vector<Json> read;
  for (std::string line; std::getline(lines, line);) read.push_back(parse_json(line, "out"));
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0]["impossible"], Json::array({2, 4}));
  EXPECT_TRUE(read[0]["logprobs"][2].is_null() && read[0]["logprobs"][3].is_number());
  EXPECT_TRUE(read[0]["sum"].is_null());
  EXPECT_EQ(read[1]["impossible"], Json::array({2}));
  EXPECT_FALSE(read[2].contains("impossible")) << "what stands first is not scored";
}

TEST(Lines, TokenizeGivesIdsPiecesAndSpansOfTheWholeText) {
  Scratch scratch;
  const Outcome outcome = run(scratch, {"tokenize", "--model", nano(), "--text", "Hi 7"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("{\"ids\":[", 0), 0u);
  EXPECT_NE(outcome.out.find(",4]]}"), std::string::npos)
      << outcome.out;  // the last span ends at byte 4
}

TEST(Lines, GenerateOneLine) {
  Scratch scratch;
  const std::vector<std::string> words = {"generate",
                                          "--model",
                                          nano(),
                                          "--prompt",
                                          "北京市是中国的首都",
                                          "--max-new-tokens",
                                          "12",
                                          "--repetition-penalty",
                                          "1.03",
                                          "--json"};
  const Outcome outcome = run(scratch, words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\"finish_reason\":\""), std::string::npos);
  EXPECT_EQ(outcome.out, run(scratch, words).out);
}

TEST(Lines, TimedOperationsAreATableBesideTheSameAnswers) {
  Scratch scratch;
  const auto file = scratch.write("in.jsonl", "{\"tokens\":[5,6,7]}\n{\"tokens\":[5,9]}\n");
  std::vector<std::string> words = {"score", "--model", "synthetic:tiny", "--tokens",
                                    file.string()};
  const Outcome plain = run(scratch, words);
  EXPECT_EQ(plain.err.find("operation "), std::string::npos);
  words.push_back("--time-operations");
  const Outcome timed = run(scratch, words);
  ASSERT_EQ(timed.exit_code, 0) << timed.err;
  EXPECT_EQ(timed.out, plain.out);  // rows: 5 and 5, 6; the last token of each is a target alone
  for (const char* part :
       {"batch 1: 2 rows in ", "\noperation ", "\nattention, few rows ", "\nproduct "})
    EXPECT_NE(timed.err.find(part), std::string::npos) << part << timed.err;
  words.push_back("--quiet");
  EXPECT_EQ(run(scratch, words).err, "");
}

TEST(Lines, GenerationIsTimedByOperationToo) {
  Scratch scratch;
  const Outcome timed = run(scratch, {"generate", "--model", nano(), "--prompt", "Hello",
                                      "--max-new-tokens", "4", "--time-operations"});
  ASSERT_EQ(timed.exit_code, 0) << timed.err;
  EXPECT_NE(timed.err.find("\nrope_store_kv, few rows "), std::string::npos) << timed.err;
}

}  // namespace
}  // namespace flm::testing
