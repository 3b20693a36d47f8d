#include "thole/api/graph_walks.hpp"

#include "thole/schema/decode.hpp"
#include "thole/schema/strategic_merge.hpp"

namespace thole::api {

using codec::Value;

namespace {

constexpr int kDepthMax = 200;

// Fills in what the type states for absent fields, in every struct that is there.
void fill(const schema::Type& type, Value value, codec::Arena& arena, int depth) {
  if (depth > kDepthMax) return;
  switch (type.shape) {
    case schema::Shape::Struct:
      if (!value.is_object()) return;
      for (const schema::Field& field : type.fields) {
        const Value* found = value.find(field.name);
        if (!found && !field.default_value.is_null()) {
          value.set(arena, field.name, field.default_value.clone(arena));
          found = value.find(field.name);
        }
        if (found && field.type) fill(*field.type, *found, arena, depth + 1);
      }
      return;
    case schema::Shape::Map:
      if (!type.element) return;
      for (const codec::Member& member : value.members()) {
        fill(*type.element, member.value, arena, depth + 1);
      }
      return;
    case schema::Shape::List:
      if (!type.element) return;
      for (const Value& element : value.elements()) fill(*type.element, element, arena, depth + 1);
      return;
    default:
      return;
  }
}

}  // namespace

Result<Value> GraphWalks::shape(const schema::Resource& resource, Value object, codec::Arena& arena,
                                std::vector<std::string>& unknown) {
  if (!resource.type) return object;
  schema::StrictErrors strict;
  THOLE_TRY(const Value decoded, schema::decode(object, *resource.type, arena, &strict));
  for (const std::string& text : strict.messages()) unknown.push_back(text);
  return schema::complete(decoded, *resource.type, arena);
}

void GraphWalks::set_defaults(const schema::Resource& resource, Value object, codec::Arena& arena) {
  if (resource.type) fill(*resource.type, object, arena, 0);
}

Result<Value> GraphWalks::strategic_merge(const schema::Resource& resource, Value original,
                                          Value patch, codec::Arena& arena) {
  THOLE_ASSERT(resource.type != nullptr);
  return schema::strategic_merge(original, patch, *resource.type, arena);
}

void GraphWalks::validate(const schema::Resource&, Value, Value, std::vector<ErrorCause>&) {}

}  // namespace thole::api
