#include "thole/api/url.hpp"

namespace thole::api {

namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space, bool& ok) {
  std::string out;
  out.reserve(text.size());
  ok = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
        ok = false;
        return out;
      }
      out.push_back(static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool Query::has(std::string_view key) const {
  for (const auto& [name, value] : values_) {
    if (name == key) return true;
  }
  return false;
}

std::string_view Query::get(std::string_view key) const {
  for (const auto& [name, value] : values_) {
    if (name == key) return value;
  }
  return {};
}

std::vector<std::string_view> Query::all(std::string_view key) const {
  std::vector<std::string_view> found;
  for (const auto& [name, value] : values_) {
    if (name == key) found.push_back(value);
  }
  return found;
}

Result<Url> parse_url(std::string_view target) {
  Url url;
  if (const auto fragment = target.find('#'); fragment != target.npos) {
    target = target.substr(0, fragment);
  }
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const auto slash = target.find('/', target.find("//") + 2);
    target = slash == target.npos ? "/" : target.substr(slash);
  }
  const auto question = target.find('?');
  bool ok = true;
  url.path = percent_decode(target.substr(0, question), false, ok);
  if (!ok) return fail(ErrorKind::BadRequest, "invalid URL escape in the request's path");
  if (question == target.npos) return url;

  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty() || pair.find(';') != pair.npos) continue;
    const auto equals = pair.find('=');
    bool key_ok = true;
    bool value_ok = true;
    std::string key = percent_decode(pair.substr(0, equals), true, key_ok);
    std::string value = equals == pair.npos
                            ? std::string()
                            : percent_decode(pair.substr(equals + 1), true, value_ok);
    if (key_ok && value_ok) url.query.add(std::move(key), std::move(value));
  }
  return url;
}

}  // namespace thole::api
