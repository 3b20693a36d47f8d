#include "thole/api/field_selector.hpp"

#include "thole/base/text.hpp"

namespace thole::api {

namespace {

std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  if (text.empty()) return terms;
  std::size_t start = 0;
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (escaped) {
      escaped = false;
    } else if (text[i] == '\\') {
      escaped = true;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      if (++i == text.size()) {
        return fail(ErrorKind::BadRequest, "invalid field selector: invalid escape sequence: \\");
      }
      if (text[i] != '\\' && text[i] != ',' && text[i] != '=') {
        return fail(ErrorKind::BadRequest,
                    cat("invalid field selector: invalid escape sequence: \\", text[i]));
      }
      out.push_back(text[i]);
    } else if (c == ',' || c == '=') {
      return fail(
          ErrorKind::BadRequest,
          cat("invalid field selector: unescaped character in value: ", static_cast<int>(c)));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> FieldSelector::exact(std::string_view field) const {
  for (const FieldTerm& term : terms) {
    if (term.equal && term.field == field) return term.value;
  }
  return std::nullopt;
}

Result<FieldSelector> parse_field_selector(std::string_view text) {
  FieldSelector selector;
  for (const std::string_view term : split_terms(text)) {
    if (term.empty()) continue;
    // The first place where an operator stands splits the term; "==" before "=".
    std::size_t at = 0;
    std::size_t width = 0;
    for (; at < term.size(); ++at) {
      const std::string_view rest = term.substr(at);
      if (rest.starts_with("!=") || rest.starts_with("==")) {
        width = 2;
      } else if (rest.starts_with('=')) {
        width = 1;
      }
      if (width != 0) break;
    }
    if (width == 0) {
      return fail(ErrorKind::BadRequest,
                  cat("invalid selector: '", text, "'; can't understand '", term, "'"));
    }
    THOLE_TRY(std::string value, unescape(term.substr(at + width)));
    selector.terms.push_back({std::string(term.substr(0, at)), std::move(value), term[at] == '='});
  }
  return selector;
}

}  // namespace thole::api
