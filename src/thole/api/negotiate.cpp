#include "thole/api/negotiate.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "thole/base/text.hpp"

namespace thole::api {

namespace {

struct Range {
  std::string type;  // In lower case.
  std::map<std::string, std::string> parameters;
  double q = 1.0;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(by);
    parts.push_back(trim(text.substr(0, at)));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool better(const Range& a, const Range& b) {
  if (a.q != b.q) return a.q > b.q;
  const auto exactness = [](const Range& range) {
    return range.type == "*/*" ? 0 : range.type.ends_with("/*") ? 1 : 2;
  };
  return exactness(a) > exactness(b);
}

std::vector<Range> parse_accept(const message::Headers& headers) {
  std::vector<Range> ranges;
  for (const std::string_view line : headers.all("accept")) {
    for (const std::string_view part : split(line, ',')) {
      if (part.empty()) continue;
      Range range;
      bool first = true;
      for (const std::string_view piece : split(part, ';')) {
        if (first) {
          range.type = lower(piece);
          first = false;
          continue;
        }
        const auto equals = piece.find('=');
        std::string key = lower(trim(piece.substr(0, equals)));
        std::string_view value = equals == piece.npos ? "" : trim(piece.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
          value = value.substr(1, value.size() - 2);
        }
        if (key == "q") {
          range.q = 0;
          std::from_chars(value.data(), value.data() + value.size(), range.q);
        } else {
          range.parameters[std::move(key)] = value;
        }
      }
      // Best first; equals keep their order.
      const auto at = std::upper_bound(ranges.begin(), ranges.end(), range, better);
      ranges.insert(at, std::move(range));
      if (ranges.size() == 64) break;  // Nobody means more; each costs a comparison.
    }
  }
  return ranges;
}

bool made_for_people(std::string_view agent) {
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

// Whether this range can be answered, and how.
bool accept(const Range& range, bool shapes, MediaType& found) {
  if (range.type == "application/json" || range.type == "*/*" || range.type == "application/*") {
    found.encoding = Encoding::Json;
  } else if (range.type == "application/yaml") {
    found.encoding = Encoding::Yaml;
  } else {
    return false;
  }
  for (const auto& [key, value] : range.parameters) {
    if (key == "as") {
      const auto group = range.parameters.find("g");
      const auto version = range.parameters.find("v");
      if (group == range.parameters.end() || group->second != "meta.k8s.io") return false;
      if (version == range.parameters.end()) return false;
      if (version->second == "v1") {
        found.shape_version = "v1";
      } else if (version->second == "v1beta1") {
        found.shape_version = "v1beta1";
      } else {
        return false;
      }
      if (!shapes) return false;
      if (value == "Table") {
        found.shape = Shape::Table;
      } else if (value == "PartialObjectMetadata" || value == "PartialObjectMetadataList") {
        found.shape = Shape::Metadata;
      } else {
        return false;
      }
    } else if (key == "stream") {
      if (value != "watch") return false;
      found.stream = true;
    } else if (key == "pretty") {
      found.pretty = value == "1" || value == "true";
    }
  }
  return true;
}

}  // namespace

std::string MediaType::content_type() const {
  return encoding == Encoding::Yaml ? "application/yaml" : "application/json";
}

Result<MediaType> negotiate(const message::Headers& headers, std::string_view pretty_query,
                            bool shapes) {
  MediaType found;
  const std::vector<Range> ranges = parse_accept(headers);
  bool accepted = ranges.empty();
  for (const Range& range : ranges) {
    MediaType candidate;
    if (!accept(range, shapes, candidate)) continue;
    found = candidate;
    accepted = true;
    break;
  }
  if (!accepted) {
    return fail(ErrorKind::NotAcceptable,
                "only the following media types are accepted: application/json, "
                "application/yaml");
  }
  if (!pretty_query.empty()) {
    found.pretty = pretty_query == "1" || lower(pretty_query) == "true";
  } else if (!found.pretty && found.encoding == Encoding::Json) {
    found.pretty = made_for_people(headers.get("user-agent"));
  }
  if (found.encoding == Encoding::Yaml) found.pretty = false;
  return found;
}

std::vector<std::string> accepted_ranges(const message::Headers& headers) {
  std::vector<std::string> types;
  for (Range& range : parse_accept(headers)) types.push_back(std::move(range.type));
  if (types.empty()) types.emplace_back("*/*");
  return types;
}

std::string media_type_of(std::string_view content_type) {
  return lower(trim(content_type.substr(0, content_type.find(';'))));
}

}  // namespace thole::api
