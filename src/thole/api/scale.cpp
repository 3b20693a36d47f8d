#include "thole/api/scale.hpp"

#include <algorithm>

#include "thole/api/body.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/object_meta.hpp"
#include "thole/api/reads.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/stored.hpp"
#include "thole/api/update.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/json_patch.hpp"

namespace thole::api {

namespace {

using codec::Value;

// "/spec/replicas" or ".spec.replicas".
Value at_pointer(Value object, std::string_view pointer) {
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = pointer.find_first_of("/.");
    object = object.get(pointer.substr(0, end));
    pointer = end == pointer.npos ? std::string_view() : pointer.substr(end);
  }
  return object;
}

void set_pointer(codec::Arena& arena, Value object, std::string_view pointer, Value value) {
  while (true) {
    pointer.remove_prefix(1);
    const auto end = pointer.find_first_of("/.");
    const std::string_view key = pointer.substr(0, end);
    if (end == pointer.npos) {
      object.set(arena, key, value);
      return;
    }
    Value next = object.get(key);
    if (!next.is_object()) {
      next = Value::object(arena);
      object.set(arena, key, next);
    }
    object = next;
    pointer = pointer.substr(end);
  }
}

// A LabelSelector in its text form, as metav1.FormatLabelSelector writes it.
std::string selector_text(const Value& selector) {
  if (selector.is_string()) return std::string(selector.as_string());
  std::vector<std::string> parts;
  for (const codec::Member& label : selector.get("matchLabels").members()) {
    parts.push_back(cat(label.key, "=", label.value.is_string() ? label.value.as_string() : ""));
  }
  for (const Value& expression : selector.get("matchExpressions").elements()) {
    const std::string_view op = expression.string_or("operator");
    const std::string_view key = expression.string_or("key");
    std::string values;
    for (const Value& value : expression.get("values").elements()) {
      values += cat(values.empty() ? "" : ",", value.is_string() ? value.as_string() : "");
    }
    if (op == "In") parts.push_back(cat(key, " in (", values, ")"));
    if (op == "NotIn") parts.push_back(cat(key, " notin (", values, ")"));
    if (op == "Exists") parts.push_back(std::string(key));
    if (op == "DoesNotExist") parts.push_back(cat("!", key));
  }
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) text += cat(text.empty() ? "" : ",", part);
  return text;
}

struct ScalePaths {
  std::string spec = "/spec/replicas";
  std::string status = "/status/replicas";
  std::string selector = "/spec/selector";
};

ScalePaths paths_of(const ResourceRules& rules) {
  ScalePaths paths;
  if (!rules.scale_spec_path.empty()) {
    paths = {rules.scale_spec_path, rules.scale_status_path, rules.scale_selector_path};
  }
  return paths;
}

Value scale_of(codec::Arena& arena, const ScalePaths& paths, const Value& object) {
  Value scale = Value::object(arena);
  scale.set(arena, "kind", Value::string("Scale"));
  scale.set(arena, "apiVersion", Value::string("autoscaling/v1"));
  const Value from = object.get("metadata");
  Value metadata = Value::object(arena);
  for (const std::string_view key :
       {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (from.find(key)) metadata.set(arena, key, from.get(key));
  }
  scale.set(arena, "metadata", metadata);
  Value spec = Value::object(arena);
  const Value wanted = at_pointer(object, paths.spec);
  if (wanted.is_int() && wanted.as_int() != 0) spec.set(arena, "replicas", wanted);
  scale.set(arena, "spec", spec);
  Value status = Value::object(arena);
  const Value have = at_pointer(object, paths.status);
  status.set(arena, "replicas", have.is_int() ? have : Value::integer(0));
  if (!paths.selector.empty()) {
    if (const std::string text = selector_text(at_pointer(object, paths.selector)); !text.empty()) {
      status.set(arena, "selector", Value::string(arena, text));
    }
  }
  scale.set(arena, "status", status);
  return scale;
}

// Writes the replicas that a Scale asks for into the object it stands for.
class SetReplicas final : public Mutate {
 public:
  SetReplicas(Call& call, ScalePaths paths, Value body, std::string patch_type)
      : call_(call), paths_(std::move(paths)), body_(body), patch_type_(std::move(patch_type)) {}

  bool retries() const override { return !patch_type_.empty(); }

  Result<Value> apply(const Value& old) override {
    codec::Arena& arena = call_.arena;
    Value scale = body_;
    if (!patch_type_.empty()) {
      Value current = scale_of(arena, paths_, old).clone(arena);
      if (patch_type_ == "application/json-patch+json") {
        THOLE_TRY(scale, codec::apply_json_patch(current, body_, arena));
      } else {
        scale = codec::apply_merge_patch(current, body_, arena);
      }
    }
    const Value replicas = scale.get("spec").get("replicas");
    if (!replicas.is_int() && !replicas.is_null()) {
      return fail(
          bad_request("json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas "
                      "of type int32"));
    }
    const std::int64_t count = replicas.is_int() ? replicas.as_int() : 0;
    if (count < 0) {
      return fail(invalid(
          "autoscaling", "Scale", call_.info.name,
          {cause_invalid("spec.replicas", cat(count), "must be greater than or equal to 0")}));
    }
    Value object = old.clone(arena);
    set_pointer(arena, object, paths_.spec, Value::integer(count));
    if (const auto version = scale.get("metadata").string_or("resourceVersion"); !version.empty()) {
      object.get("metadata").set(arena, "resourceVersion", Value::string(arena, version));
    }
    return object;
  }

 private:
  Call& call_;
  const ScalePaths paths_;
  const Value body_;
  const std::string patch_type_;
};

}  // namespace

Async<message::Response> serve_scale(const Environment& environment, Call& call) {
  const schema::Resource& resource = call.resource();
  const ScalePaths paths = paths_of(rules_of(environment, call));
  const store::Key key = storage_key(resource, call.info.namespace_, call.info.name);
  if (call.info.verb != "get") {
    THOLE_CO_TRY(const WriteOptions options, parse_write_options(call.url.query, "UpdateOptions"));
    std::string patch_type;
    Value body;
    if (call.info.verb == "patch") {
      patch_type = media_type_of(call.request.headers.get("content-type"));
      if (patch_type != "application/json-patch+json" &&
          patch_type != "application/merge-patch+json" &&
          patch_type != "application/strategic-merge-patch+json") {
        co_return fail(ErrorKind::UnsupportedMediaType,
                       "the body of the request was in an unknown format - accepted media types "
                       "include: application/json-patch+json, application/merge-patch+json, "
                       "application/strategic-merge-patch+json");
      }
      auto parsed = codec::parse_json(call.request.body, call.arena);
      if (!parsed) co_return fail(bad_request(parsed.error().message));
      body = *parsed;
    } else {
      THOLE_CO_TRY(body, parse_body(call));
    }
    SetReplicas change(call, paths, body, std::move(patch_type));
    THOLE_CO_TRY(const message::Response written,
                 co_await update_existing(environment, call, options, change));
    (void)written;
  }
  const store::ValuePtr value = environment.store.snapshot().get(key.resource, key.name);
  if (!value) co_return fail(not_found(resource.group, resource.plural, call.info.name));
  const Value object = decode_stored(resource, *value, value->revision(), call.arena);
  co_return respond_value(call, 200, scale_of(call.arena, paths, object));
}

}  // namespace thole::api
