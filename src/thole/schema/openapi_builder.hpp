#pragma once
// The parts that OpenAPI documents are made of. Internal to openapi.

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "thole/schema/openapi.hpp"

namespace thole::schema {

// Makes the definitions of types; those that one refers to are made with it.
class DefinitionBuilder {
 public:
  // `path` is the document's in version 3: types that every group shares, such as DeleteOptions,
  // name there only the kinds of that group-version, and core's.
  DefinitionBuilder(OpenApiVersion version, std::string_view path, const Prose& prose,
                    codec::Arena& arena)
      : version_(version), path_(path), prose_(prose), arena_(arena) {}

  // {"$ref": ...}, and the definition of `type` and of all it refers to is made.
  codec::Value reference(const Type& type);
  codec::Value reference(std::string_view name);  // Of a definition that somebody adds.
  void add(std::string_view name, codec::Value definition);
  // Adds the definitions of a custom kind and of its list.
  void add_custom(const CustomSchema& custom, const Catalog& catalog);

  // All definitions made so far, by name.
  codec::Value definitions() const;

  codec::Arena& arena() { return arena_; }
  OpenApiVersion version() const { return version_; }

 private:
  codec::Value definition(const Type& type);
  codec::Value property(const Type& owner, const Field& field);
  codec::Value schema_of(const Type& type);
  codec::Value plain(std::string_view type, std::string_view format = {});
  void describe(const codec::Value& schema, std::string_view type, std::string_view field = {});
  codec::Value kinds(std::span<const KindRef> kinds);

  OpenApiVersion version_;
  std::string_view path_;
  const Prose& prose_;
  codec::Arena& arena_;
  std::map<std::string, codec::Value, std::less<>> made_;
};

// "com.example.v1.Foo" of the kind Foo of example.com/v1.
std::string custom_definition_name(const Resource& resource, std::string_view suffix = {});

// Makes the paths of one resource, or of what is no resource, into `paths`.
class PathBuilder {
 public:
  PathBuilder(DefinitionBuilder& definitions, const Catalog& catalog, const codec::Value& paths)
      : definitions_(definitions), catalog_(catalog), arena_(definitions.arena()), paths_(paths) {}

  void resource(const Resource& resource, bool custom);
  // GET of a fixed path that answers with a type of the catalog.
  void fixed(std::string_view path, std::string_view id, std::string_view tag,
             std::string_view type_name);

 private:
  struct Operation;
  struct Place;
  void item_paths(const Place& place);
  void watch_paths(const Place& place);
  void subresource(const Place& place, const Subresource& sub);
  void option_parameters(const codec::Value& list, const Type* options);
  void connect(const Place& place, const Subresource& sub);
  codec::Value path_item(std::string_view path, const Place& place, bool name, bool pretty);
  codec::Value operation(const Place& place, const Operation& operation);
  void parameter(const codec::Value& list, std::string_view name, std::string_view in,
                 std::string_view type);
  void body(const codec::Value& operation, const codec::Value& list, codec::Value schema,
            std::span<const std::string_view> content, bool required);
  void response(const codec::Value& responses, std::string_view code, codec::Value schema,
                std::span<const std::string_view> content);

  DefinitionBuilder& definitions_;
  const Catalog& catalog_;
  codec::Arena& arena_;
  codec::Value paths_;
};

}  // namespace thole::schema
