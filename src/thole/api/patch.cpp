#include "thole/api/body.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/update.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/codec/json_patch.hpp"

namespace thole::api {

namespace {

using codec::Value;

enum class PatchType { Json, Merge, Strategic };

class Patch final : public Mutate {
 public:
  Patch(const Environment& environment, Call& call, PatchType type, Value patch,
        FieldValidation validation)
      : environment_(environment),
        call_(call),
        type_(type),
        patch_(patch),
        validation_(validation) {
    if (type == PatchType::Json) {
      for (const Value& operation : patch.elements()) {
        if (operation.string_or("path") == "/metadata/resourceVersion") fixed_version_ = true;
      }
    } else {
      fixed_version_ = !patch.get("metadata").string_or("resourceVersion").empty();
    }
  }

  bool retries() const override { return true; }
  bool fixed_version() const override { return fixed_version_; }

  Result<Value> apply(const Value& old) override {
    codec::Arena& arena = call_.arena;
    Value working = old.clone(arena);
    Value patched;
    switch (type_) {
      case PatchType::Json: {
        THOLE_TRY(patched, codec::apply_json_patch(working, patch_, arena));
        break;
      }
      case PatchType::Merge:
        patched = codec::apply_merge_patch(working, patch_, arena);
        break;
      case PatchType::Strategic: {
        THOLE_TRY(patched,
                  environment_.walks.strategic_merge(call_.resource(), working, patch_, arena));
        break;
      }
    }
    if (!patched.is_object()) {
      return fail(bad_request("the patched object is not a JSON object"));
    }
    return shape_object(environment_, call_, patched, validation_, {});
  }

 private:
  const Environment& environment_;
  Call& call_;
  const PatchType type_;
  const Value patch_;
  const FieldValidation validation_;
  bool fixed_version_ = false;
};

}  // namespace

Async<message::Response> patch_object(const Environment& environment, Call& call) {
  THOLE_CO_TRY(const WriteOptions options, parse_write_options(call.url.query, "PatchOptions"));
  const std::string media = media_type_of(call.request.headers.get("content-type"));
  PatchType type{};
  if (media == "application/json-patch+json") {
    type = PatchType::Json;
  } else if (media == "application/merge-patch+json") {
    type = PatchType::Merge;
  } else if (media == "application/strategic-merge-patch+json" && !call.served.custom) {
    type = PatchType::Strategic;
  } else if (media == "application/apply-patch+yaml" || media == "application/apply-patch+cbor") {
    co_return fail(ErrorKind::UnsupportedMediaType,
                   "server-side apply is not supported by this server yet: use client-side "
                   "apply (kubectl apply --server-side=false) or another patch type");
  } else {
    co_return fail(
        ErrorKind::UnsupportedMediaType,
        cat("the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json",
            call.served.custom ? "" : ", application/strategic-merge-patch+json"));
  }
  if (options.force) {
    co_return fail(invalid("meta.k8s.io", "PatchOptions", "",
                           {cause_forbidden("force", "may not be specified for non-apply patch")}));
  }
  auto parsed = codec::parse_json(call.request.body, call.arena);
  if (!parsed) co_return fail(bad_request(parsed.error().message));
  if (type == PatchType::Json ? !parsed->is_array() : !parsed->is_object()) {
    co_return fail(
        bad_request(cat("error decoding patch: json: cannot unmarshal into Go value of "
                        "type ",
                        type == PatchType::Json ? "jsonpatch.Patch" : "map[string]interface {}")));
  }
  Patch patch(environment, call, type, *parsed, options.field_validation);
  co_return co_await update_existing(environment, call, options, patch);
}

}  // namespace thole::api
