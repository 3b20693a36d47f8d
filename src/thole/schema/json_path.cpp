#include "thole/schema/json_path.hpp"

#include <charconv>
#include <optional>

#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"

namespace thole::schema {

using codec::Member;
using codec::Value;

namespace {

constexpr std::size_t text_max = 4'096;
constexpr std::size_t results_max = 10'000;

enum class Compare { Exists, Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

bool is_name(char c) {
  return !(c == '.' || c == '[' || c == ']' || c == '{' || c == '}' || c == '(' || c == ')' ||
           c == ' ' || c == '=' || c == '!' || c == '<' || c == '>' || c == '\'' || c == '"' ||
           c == '&' || c == '|');
}

bool holds(const Value& left, Compare how, const Value& right) {
  if (how == Compare::Equal) return left == right;
  if (how == Compare::NotEqual) return !(left == right);
  int order = 0;
  if (left.is_number() && right.is_number()) {
    order = left.as_double() < right.as_double()   ? -1
            : left.as_double() > right.as_double() ? 1
                                                   : 0;
  } else if (left.is_string() && right.is_string()) {
    order = left.as_string().compare(right.as_string());
  } else {
    return false;
  }
  switch (how) {
    case Compare::Less:
      return order < 0;
    case Compare::LessEqual:
      return order <= 0;
    case Compare::Greater:
      return order > 0;
    case Compare::GreaterEqual:
      return order >= 0;
    default:
      return false;
  }
}

}  // namespace

struct JsonPath::Step {
  Kind kind = Kind::Field;
  std::string name;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::int64_t stride = 1;
  // Filter: a path from the element, compared with a path or a literal.
  JsonPath left;
  Compare compare = Compare::Exists;
  std::optional<JsonPath> right;
  std::string literal_text;
  Value literal;
};

class JsonPathParser {
 public:
  explicit JsonPathParser(std::string_view text) : text_(text), rest_(text) {}

  Result<JsonPath> run() {
    if (text_.size() > text_max) return refuse("path is too long");
    if (rest_.starts_with('{') && rest_.ends_with('}')) {
      rest_ = rest_.substr(1, rest_.size() - 2);
    }
    if (rest_.starts_with('$')) rest_.remove_prefix(1);
    if (rest_.starts_with('@')) rest_.remove_prefix(1);
    THOLE_TRY(JsonPath path, steps(0));
    if (!rest_.empty())
      return refuse(cat("unrecognized character in action: ", rest_.substr(0, 1)));
    return path;
  }

 private:
  std::unexpected<Error> refuse(std::string_view why) const {
    return fail(ErrorKind::BadRequest, std::string(why));
  }

  Result<JsonPath> steps(int depth) {
    JsonPath path;
    if (depth > 8) return refuse("filters nest too deeply");
    if (!rest_.empty() && is_name(rest_[0])) path.steps_.push_back(field());
    while (!rest_.empty()) {
      if (rest_.starts_with("..")) {
        rest_.remove_prefix(2);
        JsonPath::Step step;
        step.kind = JsonPath::Kind::Descend;
        path.steps_.push_back(std::make_shared<const JsonPath::Step>(std::move(step)));
        if (!rest_.empty() && is_name(rest_[0])) path.steps_.push_back(field());
      } else if (rest_[0] == '.') {
        rest_.remove_prefix(1);
        if (rest_.empty() || rest_[0] == '[') continue;
        if (!is_name(rest_[0])) break;
        path.steps_.push_back(field());
      } else if (rest_[0] == '[') {
        rest_.remove_prefix(1);
        THOLE_TRY(auto step, bracket(depth));
        path.steps_.push_back(std::move(step));
      } else {
        break;
      }
    }
    return path;
  }

  std::shared_ptr<const JsonPath::Step> field() {
    JsonPath::Step step;
    while (!rest_.empty() && is_name(rest_[0])) {
      if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);  // "\." is a dot.
      step.name += rest_[0];
      rest_.remove_prefix(1);
    }
    if (step.name == "*") step.kind = JsonPath::Kind::All;
    return std::make_shared<const JsonPath::Step>(std::move(step));
  }

  Result<std::shared_ptr<const JsonPath::Step>> bracket(int depth) {
    JsonPath::Step step;
    if (rest_.starts_with("?(")) {
      rest_.remove_prefix(2);
      THOLE_CHECK(filter(step, depth));
      if (!rest_.starts_with(")]")) return refuse("unterminated filter");
      rest_.remove_prefix(2);
      return std::make_shared<const JsonPath::Step>(std::move(step));
    }
    if (!rest_.empty() && (rest_[0] == '\'' || rest_[0] == '"')) {
      THOLE_TRY(step.name, quoted());
      if (!rest_.starts_with(']')) return refuse("unterminated array");
      rest_.remove_prefix(1);
      return std::make_shared<const JsonPath::Step>(std::move(step));
    }
    const std::size_t end = rest_.find(']');
    if (end == std::string_view::npos) return refuse("unterminated array");
    const std::string_view inside = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (inside == "*") {
      step.kind = JsonPath::Kind::All;
    } else if (inside.contains(':')) {
      step.kind = JsonPath::Kind::Slice;
      THOLE_CHECK(slice(inside, step));
    } else {
      step.kind = JsonPath::Kind::Index;
      THOLE_TRY(step.from, number(inside));
    }
    return std::make_shared<const JsonPath::Step>(std::move(step));
  }

  Result<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
      return refuse(cat("invalid array index ", text));
    }
    return value;
  }

  Result<void> slice(std::string_view inside, JsonPath::Step& step) {
    std::optional<std::int64_t> parts[3];
    for (auto& part : parts) {
      const std::size_t size = std::min(inside.find(':'), inside.size());
      if (size != 0) {
        THOLE_TRY(part, number(inside.substr(0, size)));
      }
      if (size == inside.size()) {
        inside = {};
        break;
      }
      inside.remove_prefix(size + 1);
    }
    if (!inside.empty()) return refuse("invalid array slice");
    step.from = parts[0];
    step.to = parts[1];
    step.stride = parts[2].value_or(1);
    if (step.stride <= 0) return refuse("step must be > 0");
    return {};
  }

  Result<std::string> quoted() {
    const char quote = rest_[0];
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      text += rest_[i];
    }
    return refuse("unterminated quoted string");
  }

  void skip_space() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  Result<void> filter(JsonPath::Step& step, int depth) {
    step.kind = JsonPath::Kind::Filter;
    skip_space();
    if (!rest_.starts_with('@')) return refuse("a filter must begin with @");
    rest_.remove_prefix(1);
    THOLE_TRY(step.left, steps(depth + 1));
    skip_space();
    static constexpr std::pair<std::string_view, Compare> operators[] = {
        {"==", Compare::Equal},        {"!=", Compare::NotEqual}, {"<=", Compare::LessEqual},
        {">=", Compare::GreaterEqual}, {"<", Compare::Less},      {">", Compare::Greater}};
    for (const auto& [text, compare] : operators) {
      if (!rest_.starts_with(text)) continue;
      rest_.remove_prefix(text.size());
      step.compare = compare;
      break;
    }
    if (step.compare == Compare::Exists) return {};
    skip_space();
    if (rest_.starts_with('@')) {
      rest_.remove_prefix(1);
      THOLE_TRY(step.right, steps(depth + 1));
      skip_space();
      return {};
    }
    return literal(step);
  }

  Result<void> literal(JsonPath::Step& step) {
    if (!rest_.empty() && (rest_[0] == '\'' || rest_[0] == '"')) {
      THOLE_TRY(step.literal_text, quoted());
      // The text moves with its step; `find` makes the value from it.
      step.literal = Value::string("");
      skip_space();
      return {};
    }
    const std::size_t size = std::min(rest_.find_first_of(") "), rest_.size());
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    skip_space();
    if (word == "true" || word == "false") {
      step.literal = Value::boolean(word == "true");
      return {};
    }
    const auto parsed = codec::parse_json(word);
    if (!parsed || !parsed->root.is_number()) return refuse(cat("unrecognized literal ", word));
    step.literal = parsed->root;
    return {};
  }

  std::string_view text_;
  std::string_view rest_;
};

Result<JsonPath> JsonPath::parse(std::string_view text) { return JsonPathParser(text).run(); }

std::vector<std::string_view> JsonPath::fields() const {
  std::vector<std::string_view> names;
  for (const auto& step : steps_) {
    if (step->kind != Kind::Field) return {};
    names.push_back(step->name);
  }
  return names;
}

std::vector<Value> JsonPath::find(const Value& root) const {
  std::vector<Value> now = {root};
  for (const auto& shared : steps_) {
    const Step& step = *shared;
    std::vector<Value> next;
    const auto add = [&next](const Value& value) {
      if (next.size() < results_max) next.push_back(value);
    };
    for (const Value& value : now) {
      const std::span<Value> elements = value.elements();
      const auto size = static_cast<std::int64_t>(elements.size());
      switch (step.kind) {
        case Kind::Field:
          if (const Value* found = value.find(step.name)) add(*found);
          break;
        case Kind::Index: {
          const std::int64_t at = *step.from < 0 ? *step.from + size : *step.from;
          if (at >= 0 && at < size) add(elements[static_cast<std::size_t>(at)]);
          break;
        }
        case Kind::Slice: {
          const auto place = [size](std::optional<std::int64_t> at, std::int64_t fallback) {
            const std::int64_t value_at = at.value_or(fallback);
            return std::min(std::max<std::int64_t>(value_at < 0 ? value_at + size : value_at, 0),
                            size);
          };
          const std::int64_t end = place(step.to, size);
          const std::int64_t stride = std::min(step.stride, size + 1);
          for (std::int64_t at = place(step.from, 0); at < end; at += stride) {
            add(elements[static_cast<std::size_t>(at)]);
          }
          break;
        }
        case Kind::All:
          for (const Value& element : elements) add(element);
          for (const Member& member : value.members()) add(member.value);
          break;
        case Kind::Descend: {
          std::vector<Value> open = {value};
          while (!open.empty() && next.size() < results_max) {
            const Value top = open.back();
            open.pop_back();
            add(top);
            const std::span<Member> members = top.members();
            for (std::size_t i = members.size(); i-- > 0;) open.push_back(members[i].value);
            const std::span<Value> inner = top.elements();
            for (std::size_t i = inner.size(); i-- > 0;) open.push_back(inner[i]);
          }
          break;
        }
        case Kind::Filter:
          for (const Value& element : elements) {
            const std::vector<Value> left = step.left.find(element);
            if (left.empty()) continue;
            if (step.compare == Compare::Exists) {
              add(element);
              continue;
            }
            Value right =
                step.literal.is_string() ? Value::string(step.literal_text) : step.literal;
            if (step.right) {
              const std::vector<Value> found = step.right->find(element);
              if (found.empty()) continue;
              right = found[0];
            }
            if (holds(left[0], step.compare, right)) add(element);
          }
          break;
      }
    }
    now = std::move(next);
  }
  return now;
}

std::string json_path_text(const Value& value) {
  if (value.is_string()) return std::string(value.as_string());
  return codec::to_json(value);
}

}  // namespace thole::schema
