#pragma once
// Regular expressions in RE2's syntax, as Go's regexp package reads them, matched in time linear in
// the text: a set of states is moved along, nothing is ever tried again. Only the question "does it
// match somewhere" is answered. Known limits: of the Unicode classes only L, N, Z, P, Lu, Ll and Nd
// are known, and beyond Latin-1 they take every character for a letter.
//
// Immutable once compiled; any thread may match.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "thole/base/result.hpp"

namespace thole::codec {

class Regex {
 public:
  // Fails with BadRequest and Go's words: "error parsing regexp: missing closing ]: `[a`". A
  // pattern whose repetitions expand to more than 10,000 steps is refused.
  static Result<Regex> compile(std::string_view pattern);

  bool matches(std::string_view text) const;

 private:
  friend class RegexCompiler;

  enum class Op : std::uint8_t {
    Class,  // Takes one character that lies in the class.
    Split,  // Goes on at both places.
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordEdge,
    NoWordEdge,
    Match
  };
  struct Step {
    Op op = Op::Match;
    std::uint32_t next = 0;
    std::uint32_t other = 0;  // Split: the second place. Class: its number.
  };
  using Ranges = std::vector<std::pair<char32_t, char32_t>>;  // Inclusive.

  std::vector<Step> steps_;
  std::vector<Ranges> classes_;
  std::uint32_t start_ = 0;
};

}  // namespace thole::codec
