#include "thole/api/graph_walks.hpp"

#include "thole/schema/decode.hpp"
#include "thole/schema/strategic_merge.hpp"
#include "thole/schema/structural.hpp"

namespace thole::api {

using codec::Value;

Result<Value> GraphWalks::shape(const schema::Resource& resource, Value object, codec::Arena& arena,
                                std::vector<std::string>& unknown) {
  if (!resource.type) return object;
  schema::StrictErrors strict;
  THOLE_TRY(const Value decoded, schema::decode(object, *resource.type, arena, &strict));
  for (const std::string& text : strict.messages()) unknown.push_back(text);
  return decoded;
}

Value GraphWalks::complete(const schema::Resource& resource, Value object, codec::Arena& arena) {
  return resource.type ? schema::complete(object, *resource.type, arena) : object;
}

void GraphWalks::set_defaults(const schema::Resource& resource, Value object, codec::Arena& arena) {
  if (resource.type) schema::apply_defaults(object, *resource.type, arena);
}

Result<Value> GraphWalks::strategic_merge(const schema::Resource& resource, Value original,
                                          Value patch, codec::Arena& arena) {
  THOLE_ASSERT(resource.type != nullptr);
  return schema::strategic_merge(original, patch, *resource.type, arena);
}

void GraphWalks::validate(const schema::Resource&, Value, Value, std::vector<ErrorCause>&) {}

}  // namespace thole::api
