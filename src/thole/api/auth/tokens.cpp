#include "thole/api/auth/tokens.hpp"

#include <vector>

#include "thole/base/text.hpp"

namespace thole::api {
namespace {

// Takes one CSV record (RFC 4180) off `rest`; nothing when the quotes don't match.
std::optional<std::vector<std::string>> take_record(std::string_view& rest) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  bool at_start = true;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (rest.starts_with('"')) {
        fields.back() += '"';
        rest.remove_prefix(1);
      } else {
        quoted = false;
        if (!rest.empty() && !rest.starts_with(',') && !rest.starts_with('\n') &&
            !rest.starts_with("\r\n")) {
          return std::nullopt;
        }
      }
    } else if (c == '\n') {
      break;
    } else if (c == '\r' && rest.starts_with('\n')) {
      // The end of a line is two bytes.
    } else if (c == ',') {
      fields.emplace_back();
      at_start = true;
      continue;
    } else if (c == '"') {
      if (!at_start) return std::nullopt;
      quoted = true;
    } else {
      fields.back() += c;
    }
    at_start = false;
  }
  if (quoted) return std::nullopt;
  return fields;
}

std::vector<std::string> split_groups(std::string_view text) {
  std::vector<std::string> groups;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    groups.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return groups;
}

}  // namespace

Result<TokenTable> TokenTable::parse(std::string_view csv, std::string_view file) {
  TokenTable table;
  while (!csv.empty()) {
    const std::optional<std::vector<std::string>> record = take_record(csv);
    if (!record) return fail(ErrorKind::Invalid, cat("token file '", file, "' has bad quotes"));
    if (record->size() == 1 && record->front().empty()) continue;  // An empty line.
    if (record->size() < 3) {
      return fail(ErrorKind::Invalid,
                  cat("token file '", file,
                      "' must have at least 3 columns (token, user name, user uid), found ",
                      record->size()));
    }
    if ((*record)[0].empty()) continue;  // Nobody can present an empty token.
    UserInfo user{.name = (*record)[1], .uid = (*record)[2]};
    if (record->size() > 3) user.groups = split_groups((*record)[3]);
    table.add((*record)[0], std::move(user));
  }
  return table;
}

const UserInfo* TokenTable::find(std::string_view token) const {
  const auto found = users_.find(token);
  return found == users_.end() ? nullptr : &found->second;
}

}  // namespace thole::api
