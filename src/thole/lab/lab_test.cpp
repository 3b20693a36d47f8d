#include "thole/lab/lab.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace thole::lab {
namespace {

struct Answer {
  int status;
  std::string out;
  std::string err;
};

Answer ask(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = lab_main(args, out, err);
  return {status, out.str(), err.str()};
}

TEST(Lab, AbaLosesANodeWithoutAVersionAndNotWithOne) {
  const Answer answer = ask({"aba"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.out.find("a node that a thread holds"), std::string::npos);
  EXPECT_NE(answer.out.find("holds in every execution"), std::string::npos);
}

TEST(Lab, PreemptLosesAnObjectOnlyWhileTheBarrierIsOff) {
  const Answer answer = ask({"preempt", "-o", "json"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.out.starts_with("["));
  EXPECT_NE(answer.out.find("a live object was freed"), std::string::npos);
}

TEST(Lab, LitmusNeverSeesWhatTheModelForbids) {
  const Answer answer = ask({"litmus", "SB", "-n", "20000"});
  EXPECT_EQ(answer.status, 0);
  std::istringstream lines(answer.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("SB    seq_cst fence") == 0) {
      EXPECT_TRUE(line.find("not seen in") != line.npos || line.find("skipped") != line.npos)
          << line;
    }
  }
}

TEST(Lab, MembarrierTimesBothSides) {
  const Answer answer = ask({"membarrier", "-n", "1000"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.out.find("the light side"), std::string::npos);
}

TEST(Lab, SaysWhatItDoesNotUnderstand) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{},
                                               {"aba", "-o", "xml"},
                                               {"aba", "-n", "0"},
                                               {"nothing"},
                                               {"litmus", "XY"},
                                               {"aba", "--what"},
                                               {"litmus", "SB", "-n"}}) {
    const Answer answer = ask(args);
    EXPECT_EQ(answer.status, 2);
    EXPECT_TRUE(answer.err.starts_with("thole lab: ")) << answer.err;
    EXPECT_EQ(answer.err.find('\n'), answer.err.size() - 1);
  }
}

}  // namespace
}  // namespace thole::lab
