#pragma once
// How an object lies in the store: compact JSON without apiVersion, kind and resourceVersion, and a
// Note that says where things are in it, so that answers and selectors never parse.
//
// The Note is a flat array: layout version, hole, metadata begin, metadata end, uid begin, uid
// size, number of labels, number of fields; then (key begin, size, value begin, size) a label, and
// (begin, size) a selectable field in the order of schema::Resource::selectable_fields. The hole
// is where `,"resourceVersion":"7"` is spliced in: behind the uid, inside metadata. Offsets
// of strings are of what stands between the quotes; a field that is absent has kAbsent as its size.
//
// Threads: any; pure functions.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "thole/api/field_selector.hpp"
#include "thole/api/label_selector.hpp"
#include "thole/codec/value.hpp"
#include "thole/schema/type.hpp"
#include "thole/store/value.hpp"

namespace thole::api {

constexpr std::uint32_t kNoteVersion = 1;
constexpr std::uint32_t kAbsent = 0xffffffff;

// The bytes and the Note of an object that has metadata with a uid. apiVersion, kind and
// resourceVersion in `object` are left out.
store::ValuePtr encode_stored(const schema::Resource& resource, codec::Value object);

// The same Note from bytes alone (values that come out of a journal).
store::Note make_note(const schema::Resource& resource, std::string_view bytes);

// `"apiVersion":"apps/v1","kind":"Deployment",` as it goes in front; empty inside lists.
std::string object_head(const schema::Resource& resource);

// Appends the whole object as a client sees it.
void emit(const store::Value& value, std::string_view head, store::Revision revision,
          std::string& out);
// Appends it as PartialObjectMetadata. `head` names that kind.
void emit_metadata(const store::Value& value, std::string_view head, store::Revision revision,
                   std::string& out);

std::string_view uid_of(const store::Value& value);

// Decodes it into `arena`, with apiVersion, kind and resourceVersion as a client would see it.
codec::Value decode_stored(const schema::Resource& resource, const store::Value& value,
                           store::Revision revision, codec::Arena& arena);

// A selection over one resource, prepared once and asked for each object.
class Selection {
 public:
  Selection() = default;
  // Fails with BadRequest for a field that the kind does not know.
  static Result<Selection> make(const schema::Resource& resource, LabelSelector labels,
                                FieldSelector fields);
  bool empty() const { return labels_.empty() && fields_.empty(); }
  // `name` is the store's: "namespace/name" or "name".
  bool matches(std::string_view name, const store::Value& value) const;
  // The single name it can match, when it says so.
  std::optional<std::string> exact_name() const;
  std::optional<std::string> exact_namespace() const;

 private:
  enum class Place : std::uint8_t { Name, Namespace, Noted };
  struct Term {
    Place place;
    std::uint32_t index;
    std::string value;
    bool equal;
    std::string_view when_absent;
  };
  LabelSelector labels_;
  std::vector<Term> fields_;
};

}  // namespace thole::api
