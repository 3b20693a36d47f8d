#include "thole/codec/regex.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "thole/base/text.hpp"
#include "thole/codec/utf8.hpp"

namespace thole::codec {

namespace {

constexpr std::size_t steps_max = 10'000;
constexpr int repeat_max = 1'000;
constexpr int depth_max = 250;
constexpr char32_t last_rune = 0x10FFFF;
using Ranges = std::vector<std::pair<char32_t, char32_t>>;

Ranges merged(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end());
  Ranges result;
  for (const auto& [low, high] : ranges) {
    if (!result.empty() && low <= result.back().second + 1) {
      result.back().second = std::max(result.back().second, high);
    } else {
      result.emplace_back(low, high);
    }
  }
  return result;
}

Ranges inverted(const Ranges& ranges) {
  Ranges result;
  char32_t next = 0;
  for (const auto& [low, high] : merged(ranges)) {
    if (low > next) result.emplace_back(next, low - 1);
    next = high + 1;
  }
  if (next <= last_rune) result.emplace_back(next, last_rune);
  return result;
}

void fold_case(Ranges& ranges) {
  const Ranges before = ranges;
  for (const auto& [low, high] : before) {
    for (char32_t c = std::max<char32_t>(low, 'A'); c <= std::min<char32_t>(high, 'z'); ++c) {
      if (c <= 'Z') ranges.emplace_back(c + 32, c + 32);
      if (c >= 'a') ranges.emplace_back(c - 32, c - 32);
    }
  }
}

const Ranges digits = {{'0', '9'}};
const Ranges words = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const Ranges spaces = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};

std::optional<Ranges> named_class(std::string_view name) {
  if (name == "alnum") return Ranges{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}};
  if (name == "alpha") return Ranges{{'A', 'Z'}, {'a', 'z'}};
  if (name == "ascii") return Ranges{{0, 0x7F}};
  if (name == "blank") return Ranges{{'\t', '\t'}, {' ', ' '}};
  if (name == "cntrl") return Ranges{{0, 0x1F}, {0x7F, 0x7F}};
  if (name == "digit") return digits;
  if (name == "graph") return Ranges{{'!', '~'}};
  if (name == "lower") return Ranges{{'a', 'z'}};
  if (name == "print") return Ranges{{' ', '~'}};
  if (name == "punct") return Ranges{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}};
  if (name == "space") return Ranges{{'\t', '\r'}, {' ', ' '}};
  if (name == "upper") return Ranges{{'A', 'Z'}};
  if (name == "word") return words;
  if (name == "xdigit") return Ranges{{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
  return std::nullopt;
}

std::optional<Ranges> unicode_class(std::string_view name) {
  if (name == "L") {
    return Ranges{{'A', 'Z'},   {'a', 'z'},   {0xAA, 0xAA}, {0xB5, 0xB5},
                  {0xBA, 0xBA}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, last_rune}};
  }
  if (name == "Lu") return Ranges{{'A', 'Z'}, {0xC0, 0xD6}, {0xD8, 0xDE}};
  if (name == "Ll") return Ranges{{'a', 'z'}, {0xB5, 0xB5}, {0xDF, 0xF6}, {0xF8, 0xFF}};
  if (name == "N") return Ranges{{'0', '9'}, {0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}};
  if (name == "Nd") return digits;
  if (name == "Z") return Ranges{{' ', ' '}, {0xA0, 0xA0}, {0x2000, 0x200A}, {0x3000, 0x3000}};
  if (name == "P") {
    return Ranges{{'!', '#'}, {'%', '*'}, {',', '/'}, {':', ';'}, {'?', '@'},
                  {'[', ']'}, {'_', '_'}, {'{', '{'}, {'}', '}'}};
  }
  return std::nullopt;
}

bool is_word(char32_t c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

// Builds steps from the end to the start: each piece is compiled knowing where it goes on.
class RegexCompiler {
 public:
  explicit RegexCompiler(std::string_view pattern) : pattern_(pattern), rest_(pattern) {}

  Result<Regex> run() {
    std::optional<std::size_t> root = alternation(0);
    if (root && !rest_.empty()) {
      refuse("unexpected )", pattern_);
      root.reset();
    }
    if (!root) {
      return fail(ErrorKind::BadRequest, cat("error parsing regexp: ", error_));
    }
    const std::uint32_t match = emit(Regex::Op::Match, 0, 0);
    regex_.start_ = compile(*root, match);
    if (too_large_) {
      return fail(ErrorKind::BadRequest, "error parsing regexp: expression too large");
    }
    return std::move(regex_);
  }

 private:
  enum class Kind : std::uint8_t { Empty, Class, Assert, Concat, Alternate, Repeat };
  struct Node {
    Kind kind = Kind::Empty;
    Regex::Op op = Regex::Op::Match;  // Assert
    std::uint32_t number = 0;         // Class
    int least = 0;                    // Repeat
    int most = -1;                    // Repeat; -1: no end
    std::vector<std::size_t> children;
  };
  struct Flags {
    bool fold = false;
    bool multi_line = false;
    bool dot_all = false;
  };

  std::nullopt_t refuse(std::string_view what, std::string_view where) {
    if (error_.empty()) error_ = cat(what, ": `", where, "`");
    return std::nullopt;
  }

  std::size_t add(Node node) {
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }
  std::size_t add_class(Ranges ranges) {
    if (flags_.fold) fold_case(ranges);
    regex_.classes_.push_back(merged(std::move(ranges)));
    return add({Kind::Class,
                Regex::Op::Class,
                static_cast<std::uint32_t>(regex_.classes_.size() - 1),
                0,
                -1,
                {}});
  }
  std::size_t add_assert(Regex::Op op) { return add({Kind::Assert, op, 0, 0, -1, {}}); }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char32_t take_rune() {
    const Rune rune = decode_rune(rest_);
    rest_.remove_prefix(rune.size);
    return rune.code;
  }

  std::optional<std::size_t> alternation(int depth) {
    if (depth > depth_max) return refuse("expression nests too deeply", pattern_);
    const Flags outer = flags_;
    Node node{Kind::Alternate, Regex::Op::Match, 0, 0, -1, {}};
    do {
      const std::optional<std::size_t> branch = concatenation(depth);
      if (!branch) return std::nullopt;
      node.children.push_back(*branch);
    } while (take('|'));
    flags_ = outer;
    return node.children.size() == 1 ? node.children[0] : add(std::move(node));
  }

  std::optional<std::size_t> concatenation(int depth) {
    Node node{Kind::Concat, Regex::Op::Match, 0, 0, -1, {}};
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      const std::string_view start = rest_;
      std::optional<std::size_t> piece = atom(depth);
      if (!piece) return std::nullopt;
      piece = repeated(*piece, start);
      if (!piece) return std::nullopt;
      node.children.push_back(*piece);
    }
    return add(std::move(node));
  }

  std::optional<std::size_t> repeated(std::size_t piece, std::string_view start) {
    bool again = false;
    while (!rest_.empty()) {
      const std::string_view before = rest_;
      int least = 0;
      int most = -1;
      if (take('*')) {
      } else if (take('+')) {
        least = 1;
      } else if (take('?')) {
        most = 1;
      } else if (rest_[0] == '{' && counts(least, most)) {
        if (least > repeat_max || most > repeat_max || (most >= 0 && least > most)) {
          return refuse("invalid repeat count", before.substr(0, before.size() - rest_.size()));
        }
      } else {
        break;
      }
      if (again) {
        return refuse("invalid nested repetition operator",
                      before.substr(0, before.size() - rest_.size()));
      }
      take('?');  // Lazy or not, the same texts match.
      piece = add({Kind::Repeat, Regex::Op::Match, 0, least, most, {piece}});
      again = true;
    }
    static_cast<void>(start);
    return piece;
  }

  // {n}, {n,} or {n,m}; anything else is plain text.
  bool counts(int& least, int& most) {
    std::string_view text = rest_.substr(1);
    const auto number = [&text](int& value) {
      std::size_t size = 0;
      for (value = 0; size < text.size() && text[size] >= '0' && text[size] <= '9'; ++size) {
        value = std::min(value * 10 + (text[size] - '0'), repeat_max + 1);
      }
      text.remove_prefix(size);
      return size > 0;
    };
    if (!number(least)) return false;
    most = least;
    if (text.starts_with(',')) {
      text.remove_prefix(1);
      if (!number(most)) most = -1;
    }
    if (!text.starts_with('}')) return false;
    rest_ = text.substr(1);
    return true;
  }

  std::optional<std::size_t> atom(int depth) {
    switch (rest_[0]) {
      case '(':
        return group(depth);
      case '[': {
        const std::optional<Ranges> ranges = bracket();
        if (!ranges) return std::nullopt;
        return add_class(*ranges);
      }
      case '\\':
        return escape();
      case '.':
        rest_.remove_prefix(1);
        return add_class(flags_.dot_all ? Ranges{{0, last_rune}}
                                        : Ranges{{0, '\n' - 1}, {'\n' + 1, last_rune}});
      case '^':
        rest_.remove_prefix(1);
        return add_assert(flags_.multi_line ? Regex::Op::LineStart : Regex::Op::TextStart);
      case '$':
        rest_.remove_prefix(1);
        return add_assert(flags_.multi_line ? Regex::Op::LineEnd : Regex::Op::TextEnd);
      case '*':
      case '+':
      case '?':
        return refuse("missing argument to repetition operator", rest_.substr(0, 1));
      default: {
        const char32_t c = take_rune();
        return add_class({{c, c}});
      }
    }
  }

  std::optional<std::size_t> group(int depth) {
    const std::string_view start = rest_;
    rest_.remove_prefix(1);
    const Flags outer = flags_;
    if (take('?')) {
      if (rest_.starts_with("P<") ||
          (rest_.starts_with('<') && !rest_.starts_with("<=") && !rest_.starts_with("<!"))) {
        const std::size_t end = rest_.find('>');
        if (end == std::string_view::npos) return refuse("invalid named capture", start);
        rest_.remove_prefix(end + 1);
      } else {
        bool on = true;
        while (!rest_.empty() && rest_[0] != ':' && rest_[0] != ')') {
          const char c = rest_[0];
          rest_.remove_prefix(1);
          if (c == '-')
            on = false;
          else if (c == 'i')
            flags_.fold = on;
          else if (c == 'm')
            flags_.multi_line = on;
          else if (c == 's')
            flags_.dot_all = on;
          else if (c != 'U')
            return refuse("invalid or unsupported Perl syntax",
                          start.substr(0, start.size() - rest_.size()));
        }
        if (take(')')) return add({});  // (?i) holds to the end of the enclosing group.
        if (!take(':')) return refuse("missing closing )", pattern_);
      }
    }
    const std::optional<std::size_t> inner = alternation(depth + 1);
    if (!inner) return std::nullopt;
    if (!take(')')) return refuse("missing closing )", pattern_);
    flags_ = outer;
    return inner;
  }

  std::optional<std::size_t> escape() {
    if (rest_.size() < 2) return refuse("trailing backslash at end of expression", "");
    switch (rest_[1]) {
      case 'A':
        rest_.remove_prefix(2);
        return add_assert(Regex::Op::TextStart);
      case 'z':
        rest_.remove_prefix(2);
        return add_assert(Regex::Op::TextEnd);
      case 'b':
        rest_.remove_prefix(2);
        return add_assert(Regex::Op::WordEdge);
      case 'B':
        rest_.remove_prefix(2);
        return add_assert(Regex::Op::NoWordEdge);
      case 'Q': {
        rest_.remove_prefix(2);
        const std::size_t end = std::min(rest_.find("\\E"), rest_.size());
        std::string_view literal = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 2, rest_.size()));
        Node node{Kind::Concat, Regex::Op::Match, 0, 0, -1, {}};
        while (!literal.empty()) {
          const Rune rune = decode_rune(literal);
          literal.remove_prefix(rune.size);
          node.children.push_back(add_class({{rune.code, rune.code}}));
        }
        return add(std::move(node));
      }
      default:
        break;
    }
    const std::optional<Ranges> ranges = escaped_class();
    if (!ranges) return std::nullopt;
    return add_class(*ranges);
  }

  // \d, \pL, \x41, \. and the like, inside or outside of brackets.
  std::optional<Ranges> escaped_class() {
    const std::string_view start = rest_;
    rest_.remove_prefix(1);
    if (rest_.empty()) return refuse("trailing backslash at end of expression", "");
    const char32_t c = take_rune();
    switch (c) {
      case 'd':
        return digits;
      case 'D':
        return inverted(digits);
      case 'w':
        return words;
      case 'W':
        return inverted(words);
      case 's':
        return spaces;
      case 'S':
        return inverted(spaces);
      case 'p':
      case 'P': {
        std::string_view name;
        bool negated = c == 'P';
        if (take('{')) {
          const std::size_t end = rest_.find('}');
          if (end == std::string_view::npos) return refuse("invalid character class range", start);
          name = rest_.substr(0, end);
          rest_.remove_prefix(end + 1);
        } else if (!rest_.empty()) {
          name = rest_.substr(0, 1);
          rest_.remove_prefix(1);
        }
        if (name.starts_with('^')) {
          negated = !negated;
          name.remove_prefix(1);
        }
        const std::optional<Ranges> ranges = unicode_class(name);
        if (!ranges) {
          return refuse("invalid character class range",
                        start.substr(0, start.size() - rest_.size()));
        }
        return negated ? inverted(*ranges) : *ranges;
      }
      case 'a':
        return Ranges{{'\a', '\a'}};
      case 'f':
        return Ranges{{'\f', '\f'}};
      case 'n':
        return Ranges{{'\n', '\n'}};
      case 'r':
        return Ranges{{'\r', '\r'}};
      case 't':
        return Ranges{{'\t', '\t'}};
      case 'v':
        return Ranges{{'\v', '\v'}};
      case 'x':
        return hex(start);
      default:
        break;
    }
    if (c == '0') {
      char32_t code = 0;
      for (int i = 0; i < 2 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7'; ++i) {
        code = code * 8 + static_cast<char32_t>(rest_[0] - '0');
        rest_.remove_prefix(1);
      }
      return Ranges{{code, code}};
    }
    if (c < 0x80 && !is_word(c)) return Ranges{{c, c}};
    return refuse("invalid escape sequence", start.substr(0, start.size() - rest_.size()));
  }

  std::optional<Ranges> hex(std::string_view start) {
    const bool braces = take('{');
    char32_t code = 0;
    std::size_t count = 0;
    while (!rest_.empty() && count < (braces ? 8u : 2u)) {
      const char c = static_cast<char>(rest_[0] | 0x20);
      const bool digit = rest_[0] >= '0' && rest_[0] <= '9';
      if (!digit && !(c >= 'a' && c <= 'f')) break;
      code = code * 16 + static_cast<char32_t>(digit ? rest_[0] - '0' : c - 'a' + 10);
      rest_.remove_prefix(1);
      ++count;
    }
    if (count == 0 || (!braces && count != 2) || (braces && !take('}')) || code > last_rune) {
      return refuse("invalid escape sequence", start.substr(0, start.size() - rest_.size()));
    }
    return Ranges{{code, code}};
  }

  std::optional<Ranges> bracket() {
    const std::string_view start = rest_;
    rest_.remove_prefix(1);
    const bool negated = take('^');
    Ranges ranges;
    bool first = true;
    while (rest_.empty() || rest_[0] != ']' || first) {
      if (rest_.empty()) return refuse("missing closing ]", start);
      first = false;
      if (rest_.starts_with("[:")) {
        const std::size_t end = rest_.find(":]");
        if (end != std::string_view::npos) {
          std::string_view name = rest_.substr(2, end - 2);
          const bool without = name.starts_with('^');
          if (without) name.remove_prefix(1);
          const std::optional<Ranges> known = named_class(name);
          if (!known) return refuse("invalid character class range", rest_.substr(0, end + 2));
          const Ranges all = without ? inverted(*known) : *known;
          ranges.insert(ranges.end(), all.begin(), all.end());
          rest_.remove_prefix(end + 2);
          continue;
        }
      }
      const std::string_view range = rest_;
      const std::optional<Ranges> low = bracket_item();
      if (!low) return std::nullopt;
      const bool single = low->size() == 1 && low->front().first == low->front().second;
      if (single && rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        const std::optional<Ranges> high = bracket_item();
        if (!high) return std::nullopt;
        const bool ordered = high->size() == 1 && high->front().first == high->front().second &&
                             high->front().first >= low->front().first;
        if (!ordered) {
          return refuse("invalid character class range",
                        range.substr(0, range.size() - rest_.size()));
        }
        ranges.emplace_back(low->front().first, high->front().first);
      } else {
        ranges.insert(ranges.end(), low->begin(), low->end());
      }
    }
    rest_.remove_prefix(1);
    if (!negated) return ranges;
    if (flags_.fold) fold_case(ranges);
    return inverted(ranges);
  }

  std::optional<Ranges> bracket_item() {
    if (rest_.empty()) return refuse("missing closing ]", pattern_);
    if (rest_[0] == '\\') return escaped_class();
    const char32_t c = take_rune();
    return Ranges{{c, c}};
  }

  // ---- From the tree to steps

  std::uint32_t emit(Regex::Op op, std::uint32_t next, std::uint32_t other) {
    if (regex_.steps_.size() >= steps_max) {
      too_large_ = true;
      return 0;
    }
    regex_.steps_.push_back({op, next, other});
    return static_cast<std::uint32_t>(regex_.steps_.size() - 1);
  }

  std::uint32_t compile(std::size_t index, std::uint32_t next) {
    if (too_large_) return 0;
    const Node& node = nodes_[index];
    switch (node.kind) {
      case Kind::Empty:
        return next;
      case Kind::Class:
        return emit(Regex::Op::Class, next, node.number);
      case Kind::Assert:
        return emit(node.op, next, 0);
      case Kind::Concat: {
        for (std::size_t i = node.children.size(); i-- > 0;) next = compile(node.children[i], next);
        return next;
      }
      case Kind::Alternate: {
        std::uint32_t entry = compile(node.children.back(), next);
        for (std::size_t i = node.children.size() - 1; i-- > 0;) {
          entry = emit(Regex::Op::Split, compile(node.children[i], next), entry);
        }
        return entry;
      }
      case Kind::Repeat:
        return compile_repeat(node, next);
    }
    return next;
  }

  std::uint32_t compile_repeat(const Node& node, std::uint32_t next) {
    const std::size_t piece = node.children[0];
    std::uint32_t entry = next;
    if (node.most < 0) {
      const std::uint32_t loop = emit(Regex::Op::Split, 0, next);
      const std::uint32_t body = compile(piece, loop);
      if (too_large_) return 0;
      regex_.steps_[loop].next = body;
      entry = loop;
    } else {
      for (int i = node.least; i < node.most && !too_large_; ++i) {
        entry = emit(Regex::Op::Split, compile(piece, entry), next);
      }
    }
    for (int i = 0; i < node.least && !too_large_; ++i) entry = compile(piece, entry);
    return entry;
  }

  std::string_view pattern_;
  std::string_view rest_;
  Flags flags_;
  std::vector<Node> nodes_;
  Regex regex_;
  std::string error_;
  bool too_large_ = false;
};

Result<Regex> Regex::compile(std::string_view pattern) { return RegexCompiler(pattern).run(); }

bool Regex::matches(std::string_view text) const {
  std::vector<std::uint32_t> now;
  std::vector<std::uint32_t> then;
  std::vector<std::uint32_t> open;
  std::vector<std::uint32_t> seen(steps_.size(), 0);  // The round in which a step was entered.
  std::uint32_t round = 0;
  char32_t before = 0;
  bool at_start = true;
  std::string_view rest = text;
  while (true) {
    const bool at_end = rest.empty();
    const Rune rune = at_end ? Rune{0, 0, true} : decode_rune(rest);
    // Follows everything that takes no character; a match may begin at any place.
    ++round;
    then.clear();
    open.assign(now.rbegin(), now.rend());
    open.insert(open.begin(), start_);
    while (!open.empty()) {
      const std::uint32_t at = open.back();
      open.pop_back();
      if (seen[at] == round) continue;
      seen[at] = round;
      const Step& step = steps_[at];
      const bool edge = (!at_start && is_word(before)) != (!at_end && is_word(rune.code));
      bool pass = false;
      switch (step.op) {
        case Op::Match:
          return true;
        case Op::Class:
          then.push_back(at);
          break;
        case Op::Split:
          open.push_back(step.other);
          pass = true;
          break;
        case Op::TextStart:
          pass = at_start;
          break;
        case Op::TextEnd:
          pass = at_end;
          break;
        case Op::LineStart:
          pass = at_start || before == '\n';
          break;
        case Op::LineEnd:
          pass = at_end || rune.code == '\n';
          break;
        case Op::WordEdge:
          pass = edge;
          break;
        case Op::NoWordEdge:
          pass = !edge;
          break;
      }
      if (pass) open.push_back(step.next);
    }
    if (at_end) return false;
    now.clear();
    for (const std::uint32_t at : then) {
      const Ranges& ranges = classes_[steps_[at].other];
      const auto above = std::upper_bound(
          ranges.begin(), ranges.end(), rune.code,
          [](char32_t c, const std::pair<char32_t, char32_t>& range) { return c < range.first; });
      if (above != ranges.begin() && rune.code <= std::prev(above)->second) {
        now.push_back(steps_[at].next);
      }
    }
    before = rune.code;
    at_start = false;
    rest.remove_prefix(rune.size);
  }
}

}  // namespace thole::codec
