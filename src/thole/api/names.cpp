#include "thole/api/names.hpp"

#include "thole/base/text.hpp"

namespace thole::api {

namespace {

constexpr std::string_view kLabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kKeyFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character";

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool alphanumeric(char c) { return lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view text) {
  if (text.empty() || !lower_or_digit(text.front()) || !lower_or_digit(text.back())) return false;
  for (const char c : text) {
    if (!lower_or_digit(c) && c != '-') return false;
  }
  return true;
}

bool is_subdomain(std::string_view text) {
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_key_name(std::string_view text) {
  if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  for (const char c : text) {
    if (!alphanumeric(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

std::string too_long(int limit) { return cat("must be no more than ", limit, " bytes"); }

std::string by_format(std::string_view text, std::string_view format,
                      std::initializer_list<std::string_view> examples) {
  std::string out = cat(text, " (e.g. ");
  bool first = true;
  for (const std::string_view example : examples) {
    if (!first) out += " or ";
    first = false;
    out += cat("'", example, "', ");
  }
  return cat(out, "regex used for validation is '", format, "')");
}

std::string subdomain_format() { return cat(kLabelFormat, "(\\.", kLabelFormat, ")*"); }

}  // namespace

Reasons check_dns_label(std::string_view value) {
  Reasons reasons;
  if (value.size() > 63) reasons.push_back(too_long(63));
  if (!is_label(value)) {
    if (is_subdomain(value)) {
      reasons.push_back("must not contain dots");
    } else {
      reasons.push_back(by_format(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
          "and must start and end with an alphanumeric character",
          kLabelFormat, {"my-name", "123-abc"}));
    }
  }
  return reasons;
}

Reasons check_dns_1035_label(std::string_view value) {
  Reasons reasons;
  if (value.size() > 63) reasons.push_back(too_long(63));
  if (!is_label(value) || value.front() < 'a') {
    reasons.push_back(by_format(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with "
        "an alphabetic character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
  }
  return reasons;
}

Reasons check_dns_subdomain(std::string_view value) {
  Reasons reasons;
  if (value.size() > 253) reasons.push_back(too_long(253));
  if (!is_subdomain(value)) {
    reasons.push_back(by_format(kSubdomainText, subdomain_format(), {"example.com"}));
  }
  return reasons;
}

Reasons check_path_segment(std::string_view value) {
  if (value == "." || value == "..") return {cat("may not be '", value, "'")};
  Reasons reasons;
  if (value.find('/') != value.npos) reasons.push_back("may not contain '/'");
  if (value.find('%') != value.npos) reasons.push_back("may not contain '%'");
  return reasons;
}

Reasons check_label_key(std::string_view value) {
  constexpr std::string_view kText =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
      "alphanumeric character";
  Reasons reasons;
  std::string_view name = value;
  if (const auto slash = value.find('/'); slash != value.npos) {
    const std::string_view prefix = value.substr(0, slash);
    name = value.substr(slash + 1);
    if (name.find('/') != name.npos) {
      return {cat("a valid label key ",
                  by_format(kText, kKeyFormat, {"MyName", "my.name", "123-abc"}),
                  " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")};
    }
    if (prefix.empty()) {
      reasons.push_back("prefix part must be non-empty");
    } else {
      for (const std::string& reason : check_dns_subdomain(prefix)) {
        reasons.push_back(cat("prefix part ", reason));
      }
    }
  }
  if (name.empty()) {
    reasons.push_back("name part must be non-empty");
  } else if (name.size() > 63) {
    reasons.push_back(cat("name part ", too_long(63)));
  }
  if (!is_key_name(name)) {
    reasons.push_back(
        cat("name part ", by_format(kText, kKeyFormat, {"MyName", "my.name", "123-abc"})));
  }
  return reasons;
}

Reasons check_label_value(std::string_view value) {
  Reasons reasons;
  if (value.size() > 63) reasons.push_back(too_long(63));
  if (!value.empty() && !is_key_name(value)) {
    reasons.push_back(by_format(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "
        "or '.', and must start and end with an alphanumeric character",
        cat("(", kKeyFormat, ")?"), {"MyValue", "my_value", "12345"}));
  }
  return reasons;
}

std::string join_reasons(const Reasons& reasons) {
  std::string out;
  for (const std::string& reason : reasons) {
    if (!out.empty()) out += "; ";
    out += reason;
  }
  return out;
}

}  // namespace thole::api
