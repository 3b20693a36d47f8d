#include "thole/api/subresources.hpp"

#include "thole/api/body.hpp"
#include "thole/api/errors.hpp"
#include "thole/api/options.hpp"
#include "thole/api/reads.hpp"
#include "thole/api/respond.hpp"
#include "thole/api/scale.hpp"
#include "thole/api/writes.hpp"

namespace thole::api {

namespace {

const schema::Subresource* find_part(const schema::Resource& resource, std::string_view name) {
  for (const schema::Subresource& part : resource.subresources) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

bool offers(const schema::Subresource& part, std::string_view verb) {
  for (const std::string_view known : part.verbs) {
    if (known == verb) return true;
  }
  return false;
}

}  // namespace

Async<message::Response> answer_virtual(const Environment& environment, Call& call,
                                        VirtualResource& handler) {
  THOLE_CO_TRY(const WriteOptions options, parse_write_options(call.url.query, "CreateOptions"));
  THOLE_CO_TRY(const codec::Value body, parse_body(
      call, nullptr, call.info.subresource.empty() ? call.resource().type : nullptr));
  (void)environment;
  const Attributes attributes = attributes_of(call.info, call.caller.user);
  VirtualCall virtual_call{attributes, call.arena, body, options.dry_run};
  THOLE_CO_TRY(const codec::Value answer, co_await handler.create(virtual_call));
  co_return respond_value(call, handler.success_code(), answer);
}

Async<message::Response> serve_subresource(const Environment& environment, Call& call) {
  const schema::Subresource* part = find_part(call.resource(), call.info.subresource);
  if (!part || call.info.parts.size() > 3) co_return respond_text(404, "404 page not found\n");
  const std::string& verb = call.info.verb;
  if (!offers(*part, verb)) {
    co_return fail(Error{ErrorKind::MethodNotAllowed,
                         "the server does not allow this method on the requested resource", nullptr,
                         0});
  }
  if (verb == "create") {
    if (auto* handler =
            environment.virtuals.find(call.info.group, call.info.resource, call.info.subresource)) {
      co_return co_await answer_virtual(environment, call, *handler);
    }
  }
  if (part->name == "scale") co_return co_await serve_scale(environment, call);
  // `status`, and others that are another way to write the same object.
  if (part->kind == call.resource().kind) {
    if (verb == "get") co_return co_await get_object(environment, call);
    if (verb == "update") co_return co_await update_object(environment, call);
    if (verb == "patch") co_return co_await patch_object(environment, call);
  }
  co_return fail(method_not_supported(call.resource().group, call.resource().plural, verb));
}

}  // namespace thole::api
