#include "thole/api/label_selector.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "thole/api/names.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::api {

namespace {

enum class TokenKind {
  Error,
  End,
  Close,
  Comma,
  Not,
  Equal,
  Greater,
  Word,
  In,
  Less,
  NotEqual,
  NotIn,
  Open
};

struct Token {
  TokenKind kind;
  std::string text;
};

bool special(char c) { return std::string_view("=!(),><").find(c) != std::string_view::npos; }
bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::optional<TokenKind> symbol(std::string_view text) {
  if (text == ")") return TokenKind::Close;
  if (text == ",") return TokenKind::Comma;
  if (text == "!") return TokenKind::Not;
  if (text == "==" || text == "=") return TokenKind::Equal;
  if (text == ">") return TokenKind::Greater;
  if (text == "<") return TokenKind::Less;
  if (text == "!=") return TokenKind::NotEqual;
  if (text == "(") return TokenKind::Open;
  return std::nullopt;
}

std::vector<Token> scan(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at >= text.size() || text[at] == '\0') break;
    if (special(text[at])) {
      std::size_t size = 1;
      if (at + 1 < text.size() && symbol(text.substr(at, 2))) size = 2;
      const std::string_view found = text.substr(at, size);
      tokens.push_back({*symbol(found), std::string(found)});
      at += size;
      continue;
    }
    const std::size_t start = at;
    while (at < text.size() && !special(text[at]) && !blank(text[at])) ++at;
    std::string word(text.substr(start, at - start));
    const TokenKind kind = word == "in"      ? TokenKind::In
                           : word == "notin" ? TokenKind::NotIn
                                             : TokenKind::Word;
    tokens.push_back({kind, std::move(word)});
  }
  tokens.push_back({TokenKind::End, ""});
  return tokens;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(scan(text)) {}

  Result<LabelSelector> parse() {
    LabelSelector selector;
    while (true) {
      const Token token = peek_value();
      if (token.kind == TokenKind::End) break;
      if (token.kind != TokenKind::Word && token.kind != TokenKind::Not) {
        return wrong(cat("found '", token.text, "', expected: !, identifier, or 'end of string'"));
      }
      auto requirement = parse_requirement();
      if (!requirement) {
        return wrong(cat("unable to parse requirement: ", requirement.error().message));
      }
      selector.requirements.push_back(std::move(*requirement));
      const Token after = take_value();
      if (after.kind == TokenKind::End) break;
      if (after.kind != TokenKind::Comma) {
        return wrong(cat("found '", after.text, "', expected: ',' or 'end of string'"));
      }
      const Token next = peek_value();
      if (next.kind != TokenKind::Word && next.kind != TokenKind::Not) {
        return wrong(cat("found '", next.text, "', expected: identifier after ','"));
      }
    }
    std::sort(selector.requirements.begin(), selector.requirements.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return selector;
  }

 private:
  using Operator = LabelRequirement::Operator;

  static std::unexpected<Error> wrong(std::string message) {
    return fail(ErrorKind::BadRequest, std::move(message));
  }

  // `in` and `notin` are plain words where a key or a value is expected.
  Token peek_value() const {
    Token token = position_ < tokens_.size() ? tokens_[position_] : tokens_.back();
    if (token.kind == TokenKind::In || token.kind == TokenKind::NotIn) {
      token.kind = TokenKind::Word;
    }
    return token;
  }
  Token take_value() {
    Token token = peek_value();
    ++position_;
    return token;
  }
  Token take() { return position_ < tokens_.size() ? tokens_[position_++] : tokens_.back(); }

  Result<LabelRequirement> parse_requirement() {
    LabelRequirement requirement;
    Token token = take_value();
    const bool negated = token.kind == TokenKind::Not;
    if (negated) token = take_value();
    if (token.kind != TokenKind::Word) {
      return wrong(cat("found '", token.text, "', expected: identifier"));
    }
    requirement.key = token.text;
    if (const auto errors = check_label_key(requirement.key); !errors.empty()) {
      return wrong(cat("<nil>: Invalid value: ", codec::go_quote(requirement.key), ": ",
                       join_reasons(errors)));
    }
    const TokenKind next = peek_value().kind;
    if (negated || next == TokenKind::End || next == TokenKind::Comma) {
      requirement.op = negated ? Operator::DoesNotExist : Operator::Exists;
      return requirement;
    }
    const Token op = take();
    std::set<std::string> values;
    switch (op.kind) {
      case TokenKind::In:
      case TokenKind::NotIn: {
        requirement.op = op.kind == TokenKind::In ? Operator::In : Operator::NotIn;
        THOLE_TRY(values, parse_values());
        break;
      }
      case TokenKind::Equal:
      case TokenKind::NotEqual:
      case TokenKind::Greater:
      case TokenKind::Less: {
        requirement.op = op.kind == TokenKind::Equal      ? Operator::In
                         : op.kind == TokenKind::NotEqual ? Operator::NotIn
                         : op.kind == TokenKind::Greater  ? Operator::Greater
                                                          : Operator::Less;
        const TokenKind kind = peek_value().kind;
        if (kind == TokenKind::End || kind == TokenKind::Comma) {
          values.insert("");
          break;
        }
        const Token value = take_value();
        if (value.kind != TokenKind::Word) {
          return wrong(cat("found '", value.text, "', expected: identifier"));
        }
        values.insert(value.text);
        break;
      }
      default:
        return wrong(cat("found '", op.text, "', expected: in, notin, =, ==, !=, gt, lt"));
    }
    for (const std::string& value : values) {
      if (requirement.op == Operator::Greater || requirement.op == Operator::Less) {
        std::int64_t number = 0;
        const auto end = value.data() + value.size();
        if (const auto read = std::from_chars(value.data(), end, number);
            read.ec != std::errc() || read.ptr != end) {
          return wrong(cat("values[0]: Invalid value: ", codec::go_quote(value),
                           ": for 'Gt', 'Lt' operators, the value must be an integer"));
        }
      }
      if (const auto errors = check_label_value(value); !errors.empty()) {
        return wrong(cat("values[0][", requirement.key,
                         "]: Invalid value: ", codec::go_quote(value), ": ", join_reasons(errors)));
      }
    }
    requirement.values.assign(values.begin(), values.end());
    return requirement;
  }

  Result<std::set<std::string>> parse_values() {
    const Token open = take_value();
    if (open.kind != TokenKind::Open) return wrong(cat("found '", open.text, "' expected: '('"));
    const Token first = peek_value();
    if (first.kind == TokenKind::Close) {
      take_value();
      return std::set<std::string>{""};
    }
    if (first.kind != TokenKind::Word && first.kind != TokenKind::Comma) {
      return wrong(cat("found '", first.text, "', expected: ',', ')' or identifier"));
    }
    std::set<std::string> values;
    while (true) {
      const Token token = take_value();
      if (token.kind == TokenKind::Word) {
        values.insert(token.text);
        const Token next = peek_value();
        if (next.kind == TokenKind::Comma) continue;
        if (next.kind == TokenKind::Close) break;
        return wrong(cat("found '", next.text, "', expected: ',' or ')'"));
      }
      if (token.kind != TokenKind::Comma) {
        return wrong(cat("found '", token.text, "', expected: ',', or identifier"));
      }
      if (values.empty()) values.insert("");
      const Token next = peek_value();
      if (next.kind == TokenKind::Close) {
        values.insert("");
        break;
      }
      if (next.kind == TokenKind::Comma) values.insert("");
    }
    take_value();  // The closing parenthesis.
    return values;
  }

  std::vector<Token> tokens_;
  std::size_t position_ = 0;
};

bool parse_int(std::string_view text, std::int64_t& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

}  // namespace

bool LabelRequirement::matches(const std::string_view* value) const {
  const auto listed = [&] {
    return std::find(values.begin(), values.end(), *value) != values.end();
  };
  switch (op) {
    case Operator::In:
      return value && listed();
    case Operator::NotIn:
      return !value || !listed();
    case Operator::Exists:
      return value != nullptr;
    case Operator::DoesNotExist:
      return value == nullptr;
    case Operator::Greater:
    case Operator::Less: {
      std::int64_t have = 0;
      std::int64_t want = 0;
      if (!value || !parse_int(*value, have) || !parse_int(values.at(0), want)) return false;
      return op == Operator::Greater ? have > want : have < want;
    }
  }
  return false;
}

Result<LabelSelector> parse_label_selector(std::string_view text) { return Parser(text).parse(); }

}  // namespace thole::api
