#include <yaml.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/member_index.hpp"
#include "thole/codec/yaml.hpp"
#include "thole/codec/yaml_scalar.hpp"

namespace thole::codec {

namespace {

constexpr std::size_t duplicates_max = 100;
constexpr std::string_view tag_prefix = "tag:yaml.org,2002:";

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// One libyaml event, and its memory.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool read(yaml_parser_t& parser) {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser, &event_) != 0;
  }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  yaml_event_t event_{};
};

// Counts nodes as go-yaml's decoder does, to stop documents that are mostly aliases.
class AliasBudget {
 public:
  void count(std::size_t nodes, bool from_alias) {
    all_ += nodes;
    if (from_alias) aliased_ += nodes;
  }
  bool exceeded() const {
    if (aliased_ <= 100 || all_ <= 1'000) return false;
    constexpr double low = 400'000;
    constexpr double high = 4'000'000;
    const auto all = static_cast<double>(all_);
    const double allowed = all <= low    ? 0.99
                           : all >= high ? 0.10
                                         : 0.99 - 0.89 * ((all - low) / (high - low));
    return static_cast<double>(aliased_) / all > allowed;
  }

 private:
  std::size_t all_ = 0;
  std::size_t aliased_ = 0;
};

struct Node {
  Value value;
  std::size_t nodes = 1;  // With everything in it, for the budget.
  std::size_t line = 0;
  bool merge = false;  // The key `<<`.
};

class Builder {
 public:
  Builder(Arena& arena, const YamlLimits& limits, std::vector<std::string>* duplicates)
      : arena_(arena), limits_(limits), duplicates_(duplicates) {}

  Result<Value> run(std::string_view text) {
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
      return fail(ErrorKind::InternalError, "yaml: cannot start the parser");
    }
    const std::string_view input = text.empty() ? "\n" : text;
    yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(input.data()),
                                 input.size());
    const bool ok = read_document(parser);
    yaml_parser_delete(&parser);
    if (!ok) return fail(ErrorKind::BadRequest, cat("yaml: ", error_));
    return root_;
  }

 private:
  struct Frame {
    bool mapping = false;
    Value container;
    MemberIndex members;
    std::string anchor;
    std::size_t nodes = 1;
    std::size_t line = 0;
    std::optional<Node> key;
  };

  bool read_document(yaml_parser_t& parser) {
    Event event;
    while (true) {
      if (!event.read(parser)) return refuse_parse(parser);
      switch (event->type) {
        case YAML_STREAM_END_EVENT:
        case YAML_DOCUMENT_END_EVENT:
          return true;
        case YAML_ALIAS_EVENT:
          if (!alias(event)) return false;
          break;
        case YAML_SCALAR_EVENT:
          if (!scalar(event)) return false;
          break;
        case YAML_SEQUENCE_START_EVENT:
          if (!open(event, false, text_of(event->data.sequence_start.anchor))) return false;
          break;
        case YAML_MAPPING_START_EVENT:
          if (!open(event, true, text_of(event->data.mapping_start.anchor))) return false;
          break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
          if (!close()) return false;
          break;
        default:
          break;
      }
    }
  }

  bool open(const Event& event, bool mapping, std::string_view anchor) {
    if (frames_.size() >= limits_.depth_max) return refuse("exceeded max depth");
    if (!frames_.empty() && frames_.back().mapping && !frames_.back().key) {
      return refuse(mapping ? "invalid map key: map[interface {}]interface {}{}"
                            : "invalid map key: []interface {}{}");
    }
    budget_.count(1, false);
    const Value container = mapping ? Value::object(arena_) : Value::array(arena_);
    if (!anchor.empty()) {
      anchors_.erase(std::string(anchor));
      open_anchors_.insert(std::string(anchor));
    }
    frames_.push_back({mapping, container, MemberIndex(container, arena_), std::string(anchor), 1,
                       event->start_mark.line, std::nullopt});
    return true;
  }

  bool close() {
    Frame& frame = frames_.back();
    Node node{frame.container, frame.nodes, frame.line};
    const std::string anchor = std::move(frame.anchor);
    frames_.pop_back();
    if (!anchor.empty()) open_anchors_.erase(anchor);
    return finish(std::move(node), anchor);
  }

  bool alias(const Event& event) {
    const std::string name(text_of(event->data.alias.anchor));
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      if (open_anchors_.contains(name)) {
        return refuse(cat("anchor '", name, "' value contains itself"));
      }
      return refuse(cat("unknown anchor '", name, "' referenced"));
    }
    Node node = found->second;
    budget_.count(1, false);
    budget_.count(node.nodes, true);
    if (budget_.exceeded()) return refuse("document contains excessive aliasing");
    node.value = node.value.clone(arena_);
    node.line = event->start_mark.line;
    node.merge = false;
    node.nodes += 1;
    return finish(std::move(node), {});
  }

  bool scalar(const Event& event) {
    const auto& data = event->data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(data.value), data.length);
    std::string_view tag = text_of(data.tag);
    if (tag.starts_with(tag_prefix)) tag.remove_prefix(tag_prefix.size());
    Node node;
    node.line = event->start_mark.line;
    budget_.count(1, false);
    const bool plain = data.plain_implicit != 0;
    node.merge = text == "<<" && (plain || tag == "merge");
    if (!resolve(text, tag, plain, node.value)) return false;
    return finish(std::move(node), text_of(data.anchor));
  }

  bool resolve(std::string_view text, std::string_view tag, bool plain, Value& value) {
    value = Value::string(text);
    if (tag.empty()) {
      if (plain) value = resolve_yaml_scalar(text);
    } else if (tag == "binary") {
      const Result<std::string> bytes = decode_base64(text);
      if (!bytes) return refuse("!!binary value contains invalid base64 data");
      value = Value::string(arena_, *bytes);
      return true;
    } else if (tag == "bool" || tag == "int" || tag == "float" || tag == "null") {
      value = resolve_yaml_scalar(text);
      const std::string_view found = value.is_bool()     ? "bool"
                                     : value.is_int()    ? "int"
                                     : value.is_double() ? "float"
                                     : value.is_null()   ? "null"
                                                         : "str";
      if (found != tag && !(found == "int" && tag == "float")) {
        return refuse(cat("cannot decode !!", found, " `", text, "` as a !!", tag));
      }
    }
    if (value.is_double() && !std::isfinite(value.as_double())) {
      const double number = value.as_double();
      error_ = cat("unsupported value: ", std::isnan(number) ? "NaN"
                                          : number > 0       ? "+Inf"
                                                             : "-Inf");
      return false;
    }
    if (value.is_string()) value = Value::string(arena_, value.as_string());
    return true;
  }

  // A node is complete: names it, and puts it where it belongs.
  bool finish(Node node, std::string_view anchor) {
    if (!anchor.empty()) {
      // The document may change its own copy; the anchor's stays as it is.
      Node kept = node;
      kept.value = node.value.clone(arena_);
      anchors_.insert_or_assign(std::string(anchor), kept);
    }
    if (frames_.empty()) {
      root_ = node.value;
      return true;
    }
    Frame& frame = frames_.back();
    frame.nodes += node.nodes;
    if (!frame.mapping) {
      frame.container.push_back(arena_, node.value);
      return true;
    }
    if (!frame.key) {
      frame.key = std::move(node);
      return true;
    }
    const Node key = *std::exchange(frame.key, std::nullopt);
    if (key.merge) return merge(frame, node);
    std::string_view name;
    if (!key_text(key.value, name)) return false;
    put(frame, name, node.value, node.line);
    return true;
  }

  bool key_text(const Value& key, std::string_view& name) {
    switch (key.type()) {
      case ValueType::String:
        name = key.as_string();
        return true;
      case ValueType::Bool:
        name = key.as_bool() ? "true" : "false";
        return true;
      case ValueType::Int:
        name = arena_.copy(std::to_string(key.as_int()));
        return true;
      case ValueType::Double:
        name = arena_.copy(format_go_float(key.as_double(), 32));
        return true;
      case ValueType::Null:
        return refuse("unsupported map key of type: %!s(<nil>), key: <nil>");
      default:
        return refuse("invalid map key");
    }
  }

  void put(Frame& frame, std::string_view key, Value value, std::size_t line) {
    if (duplicates_ != nullptr && duplicates_->size() < duplicates_max &&
        frame.members.find(key) != nullptr) {
      duplicates_->push_back(
          cat("line ", line + 1, ": key ", go_quote(key), " already set in map"));
    }
    frame.members.set(key, value);
  }

  // Merged keys are written like others, in the order of the document; earlier ones of a list win.
  bool merge(Frame& frame, const Node& node) {
    const auto take = [&](const Value& from) {
      for (const Member& member : from.members()) put(frame, member.key, member.value, node.line);
    };
    const auto wrong = [&] {
      return refuse("map merge requires map or sequence of maps as the value");
    };
    if (node.value.is_object()) {
      take(node.value);
      return true;
    }
    if (!node.value.is_array()) return wrong();
    const std::span<Value> maps = node.value.elements();
    for (std::size_t i = maps.size(); i-- > 0;) {
      if (!maps[i].is_object()) return wrong();
      take(maps[i]);
    }
    return true;
  }

  bool refuse(std::string message) {
    error_ = std::move(message);
    return false;
  }

  bool refuse_parse(const yaml_parser_t& parser) {
    std::size_t line = parser.problem_mark.line;
    if (line != 0) {
      if (parser.error == YAML_SCANNER_ERROR) ++line;
    } else {
      line = parser.context_mark.line;
    }
    const std::string_view problem =
        parser.problem == nullptr ? "unknown problem parsing YAML content" : parser.problem;
    return refuse(line == 0 ? std::string(problem) : cat("line ", line, ": ", problem));
  }

  Arena& arena_;
  const YamlLimits& limits_;
  std::vector<std::string>* duplicates_;
  AliasBudget budget_;
  std::vector<Frame> frames_;
  std::map<std::string, Node> anchors_;
  std::set<std::string> open_anchors_;
  Value root_;
  std::string error_;
};

}  // namespace

Result<Document> parse_yaml(std::string_view text, const YamlLimits& limits,
                            std::vector<std::string>* duplicates) {
  if (text.size() > limits.bytes_max) {
    return fail(ErrorKind::RequestEntityTooLarge,
                cat("YAML of ", text.size(), " bytes: the limit is ", limits.bytes_max));
  }
  Document document{std::make_unique<Arena>(), {}};
  THOLE_TRY(document.root, Builder(*document.arena, limits, duplicates).run(text));
  return document;
}

std::vector<std::string_view> split_yaml_documents(std::string_view text) {
  std::vector<std::string_view> documents;
  std::size_t start = 0;
  std::size_t line = 0;
  while (line <= text.size()) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    if (text.substr(line, end - line).starts_with("---")) {
      documents.push_back(text.substr(start, line - start));
      start = std::min(end + 1, text.size());
      // "--- value" starts its document on the same line.
      const std::string_view rest = text.substr(line + 3, end - line - 3);
      if (rest.find_first_not_of(" \t\r") != std::string_view::npos && !rest.starts_with(" #")) {
        start = line;
      }
    }
    line = end + 1;
  }
  documents.push_back(text.substr(start));
  std::erase_if(documents, [](std::string_view document) {
    return document.find_first_not_of(" \t\r\n") == std::string_view::npos;
  });
  return documents;
}

}  // namespace thole::codec
