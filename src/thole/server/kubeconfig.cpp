#include "thole/server/kubeconfig.hpp"

#include <array>

#include "thole/base/text.hpp"
#include "thole/codec/base64.hpp"
#include "thole/codec/value.hpp"
#include "thole/codec/yaml.hpp"

namespace thole::server {
namespace {

using codec::Arena;
using codec::Value;

constexpr std::string_view kExtension = "thole";

struct Section {
  std::string_view list;   // "clusters"
  std::string_view entry;  // "cluster"
};
constexpr std::array<Section, 3> kSections = {
    {{"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}}};

Value* entry_named(Value list, std::string_view name) {
  for (Value& entry : list.elements()) {
    if (entry.string_or("name") == name) return &entry;
  }
  return nullptr;
}

// Our mark on an entry, or null.
Value mark_of(Value entry, std::string_view section_entry) {
  for (Value extension : entry.get(section_entry).get("extensions").elements()) {
    if (extension.string_or("name") == kExtension) return extension.get("extension");
  }
  return {};
}

// Users have no place for extensions; theirs is ours when the cluster of that name is.
bool is_ours(Value config, std::string_view name) {
  Value* cluster = entry_named(config.get("clusters"), name);
  return cluster != nullptr && mark_of(*cluster, "cluster").is_object();
}

Result<codec::Document> parse_config(std::string_view text) {
  auto parsed = codec::parse_yaml(text);
  if (!parsed) {
    return fail(ErrorKind::Invalid, cat("this is no kubeconfig: ", parsed.error().message));
  }
  if (parsed->root.is_null()) parsed->root = Value::object(*parsed->arena);
  if (!parsed->root.is_object()) return fail(ErrorKind::Invalid, "this is no kubeconfig");
  return parsed;
}

Value list_of(Arena& arena, Value config, std::string_view name) {
  const Value list = config.get(name);
  if (list.is_array()) return list;
  config.set(arena, name, Value::array(arena));
  return config.get(name);
}

std::string text_of(Value config) {
  std::string text;
  codec::write_yaml(config, text);
  return text;
}

}  // namespace

std::string make_kubeconfig(const KubeconfigEntry& entry, const Identity& identity) {
  const std::string mark = cat("    extensions:\n    - name: ", kExtension,
                               "\n      extension: {provider: thole}\n");
  return cat(
      "apiVersion: v1\nkind: Config\nclusters:\n- name: ", entry.name, "\n  cluster:\n    server: ",
      entry.url, "\n    certificate-authority-data: ",
      codec::encode_base64(identity.authority.certificate_pem),
      // Compressing costs more than it saves on the way to oneself.
      "\n    disable-compression: true\n", mark, "users:\n- name: ", entry.name,
      "\n  user:\n    client-certificate-data: ",
      codec::encode_base64(identity.admin.certificate_pem),
      "\n    client-key-data: ", codec::encode_base64(identity.admin.key_pem),
      "\ncontexts:\n- name: ", entry.name, "\n  context:\n    cluster: ", entry.name,
      "\n    user: ", entry.name, "\n", mark, "current-context: ", entry.name, "\n");
}

Result<std::string> merge_kubeconfig(std::string_view existing, std::string_view ours,
                                     std::string_view name) {
  THOLE_TRY(codec::Document into, parse_config(existing));
  THOLE_TRY(const codec::Document from, parse_config(ours));
  Arena& arena = *into.arena;

  for (const Section& section : kSections) {
    if (entry_named(into.root.get(section.list), name) != nullptr && !is_ours(into.root, name)) {
      return fail(ErrorKind::Conflict,
                  cat("it has an entry named ", name, " in ", section.list,
                      " that thole did not write; choose another name with --name"));
    }
  }

  std::string_view previous = into.root.string_or("current-context");
  if (previous == name) {
    const Value* context = entry_named(into.root.get("contexts"), name);
    previous = context != nullptr ? mark_of(*context, "context").string_or("previous") : "";
  }
  for (const Section& section : kSections) {
    const Value list = list_of(arena, into.root, section.list);
    THOLE_ASSERT(from.root.get(section.list).size() == 1);
    const Value fresh = from.root.get(section.list).elements()[0].clone(arena);
    fresh.set(arena, "name", Value::string(arena, name));
    if (Value* old = entry_named(list, name)) {
      *old = fresh;
    } else {
      list.push_back(arena, fresh);
    }
  }
  const Value context = *entry_named(into.root.get("contexts"), name);
  context.get("context").set(arena, "cluster", Value::string(arena, name));
  context.get("context").set(arena, "user", Value::string(arena, name));
  mark_of(context, "context").set(arena, "previous", Value::string(arena, previous));
  if (into.root.find("apiVersion") == nullptr) {
    into.root.set(arena, "apiVersion", Value::string("v1"));
    into.root.set(arena, "kind", Value::string("Config"));
  }
  into.root.set(arena, "current-context", Value::string(arena, name));
  return text_of(into.root);
}

Result<std::string> remove_from_kubeconfig(std::string_view existing, std::string_view name) {
  THOLE_TRY(codec::Document config, parse_config(existing));
  if (!is_ours(config.root, name)) return std::string(existing);

  std::string_view previous;
  if (Value* context = entry_named(config.root.get("contexts"), name)) {
    previous = mark_of(*context, "context").string_or("previous");
  }
  for (const Section& section : kSections) {
    const Value list = config.root.get(section.list);
    for (std::size_t i = list.elements().size(); i-- > 0;) {
      if (list.elements()[i].string_or("name") == name) list.erase_at(i);
    }
  }
  if (config.root.string_or("current-context") == name) {
    const bool there = entry_named(config.root.get("contexts"), previous) != nullptr;
    config.root.set(*config.arena, "current-context",
                    Value::string(*config.arena, there ? previous : ""));
  }
  return text_of(config.root);
}

}  // namespace thole::server
