#include "thole/schema/prose.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/codec/gzip.hpp"

namespace thole::schema {

Prose::Prose(std::string_view gzipped) {
  constexpr std::size_t size_max = 64 << 20;
  if (gzipped.empty()) return;
  auto text = codec::gunzip(gzipped, size_max);
  if (!text) return;
  text_ = *std::move(text);
  for (std::string_view rest = text_; !rest.empty();) {
    const std::size_t newline = rest.find('\n');
    lines_.push_back(rest.substr(0, newline));
    rest = newline == rest.npos ? std::string_view() : rest.substr(newline + 1);
  }
}

std::string Prose::describe(std::string_view type, std::string_view field) const {
  const std::string key = cat(type, "\t", field, "\t");
  const auto found = std::lower_bound(lines_.begin(), lines_.end(), std::string_view(key));
  if (found == lines_.end() || !found->starts_with(key)) return {};
  std::string text(found->substr(key.size()));
  std::size_t out = 0;
  for (std::size_t in = 0; in < text.size(); ++in) {  // \n and \\ stand for line ends and \.
    if (text[in] == '\\' && in + 1 < text.size()) {
      text[out++] = text[++in] == 'n' ? '\n' : text[in];
    } else {
      text[out++] = text[in];
    }
  }
  text.resize(out);
  return text;
}

}  // namespace thole::schema
