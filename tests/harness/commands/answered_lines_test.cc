#include "harness/commands/answered_lines.h"

#include <gtest/gtest.h>

#include "harness/requests/generate_line.h"

namespace flm {
namespace {

using Lines = AnsweredLines<GenerateLine, GenerateResult>;

/// Printed as "ID=TEXT(TOKENS)" and "ID!ERROR".
Lines lines_of(const std::vector<std::string>& errors) {
  std::vector<GenerateLine> lines;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    lines.push_back({i, errors[i]});
    lines.back().request.max_new_tokens = static_cast<int>(10 * i);
  }
  return {
      std::move(lines),
      [](const GenerateLine& line, const GenerateRequest& request, const GenerateResult& result) {
        return line.id.dump() + "=" + result.text + "(" + std::to_string(request.max_new_tokens) +
               ")";
      },
      [](const Json& id, const std::string& error) { return id.dump() + "!" + error; }};
}

GenerateResult text(const std::string& text, const std::string& error = "") {
  GenerateResult result;
  result.text = text;
  result.error = error;
  return result;
}

class AnsweredLinesTest : public testing::Test {
 protected:
  /// What `run` prints, with what is there at each of its calls of `printed` ("..." between).
  template <class Run>
  std::string output_of(Lines& lines, const Run& run) {
    std::string seen;
    testing::internal::CaptureStdout();
    try {
      lines.answer(
          [&](const auto& requests, const auto& sink, const auto& commit) {
            return run(requests, sink, [&] {
              commit();
              seen += testing::internal::GetCapturedStdout() + "...";
              testing::internal::CaptureStdout();
            });
          },
          "answered", progress_);
    } catch (const std::exception& error) {
      ended_by_ = error.what();
    }
    return seen + testing::internal::GetCapturedStdout();
  }

  std::string ended_by_;

 private:
  SilentProgress progress_;
};

TEST_F(AnsweredLinesTest, StandInTheOrderOfTheLinesAsSoonAsTheyCan) {
  Lines lines = lines_of({"", "no id", "", ""});
  const std::string out = output_of(lines, [](auto& requests, auto& sink, auto commit) {
    EXPECT_EQ(requests.size(), 3u);
    EXPECT_EQ(requests[1].max_new_tokens, 20);
    sink(1, text("c"));
    commit();  // the first is missing
    sink(0, text("a"));
    commit();
    sink(2, text("d"));
    return true;
  });
  EXPECT_EQ(out, "...0=a(0)\n1!no id\n2=c(20)\n...3=d(30)\n");
  EXPECT_EQ(ended_by_, "");
  EXPECT_FALSE(lines.all_good());
}

TEST_F(AnsweredLinesTest, AreGoodWhereNoLineAndNoAnswerHasAFault) {
  Lines good = lines_of({"", ""}), failed = good, none = lines_of({});
  EXPECT_EQ(output_of(good,
                      [](auto&, auto& sink, auto) {
                        sink(0, text("a"));
                        sink(1, text("b"));
                        return true;
                      }),
            "0=a(0)\n1=b(10)\n");
  EXPECT_TRUE(good.all_good());
  EXPECT_EQ(output_of(failed,
                      [](auto&, auto& sink, auto) {
                        sink(1, text("", "not finite"));
                        sink(0, text("a"));
                        return true;
                      }),
            "0=a(0)\n1!not finite\n");
  EXPECT_FALSE(failed.all_good());
  EXPECT_EQ(output_of(none, [](auto&, auto&, auto) { return true; }), "");
  EXPECT_TRUE(none.all_good());
}

TEST_F(AnsweredLinesTest, ArePrintedAsFarAsTheyAreWhenTheWorkIsStopped) {
  Lines lines = lines_of({"", "", "no id", "", ""});
  const std::string out = output_of(lines, [](auto&, auto& sink, auto) {
    sink(3, text("e"));
    sink(1, text("b"));
    return false;
  });
  EXPECT_EQ(out, "1=b(10)\n2!no id\n4=e(40)\n");
  EXPECT_EQ(ended_by_, "stopped: 2 of 4 answers are done and printed; give the other lines again");
}

TEST_F(AnsweredLinesTest, ArePrintedAsFarAsTheyAreWhenTheWorkFails) {
  Lines lines = lines_of({"", "", ""});
  const std::string out = output_of(lines, [](auto&, auto& sink, auto commit) -> bool {
    sink(0, text("a"));
    commit();
    sink(2, text("c"));
    throw UserError("the checkpoint has changed");
  });
  EXPECT_EQ(out, "0=a(0)\n...2=c(20)\n");
  EXPECT_EQ(ended_by_, "the checkpoint has changed");
}

}  // namespace
}  // namespace flm
