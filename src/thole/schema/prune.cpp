#include "thole/base/text.hpp"
#include "thole/schema/decode.hpp"
#include "thole/schema/structural.hpp"

namespace thole::schema {

using codec::Member;
using codec::Value;

namespace {

class Pruner {
 public:
  explicit Pruner(StrictErrors* unknown) : unknown_(unknown) {}

  // `type` is null where the schema says nothing: nothing but scalars remains there.
  void prune(const Value& value, const Type* type, bool resource, int depth) {
    if (depth > typed_depth_max) return;
    if (value.is_array()) {
      const Type* const element = type == nullptr ? nullptr : type->element;
      const bool keep = type != nullptr && type->preserve_unknown && element == nullptr;
      if (keep) return;
      for (std::size_t i = 0; i < value.elements().size(); ++i) {
        const std::size_t size = path_.size();
        path_ += cat("[", i, "]");
        step(value.elements()[i], element, depth);
        path_.resize(size);
      }
      return;
    }
    if (!value.is_object()) return;
    const std::span<Member> members = value.members();
    std::size_t kept = 0;
    for (const Member& member : members) {
      const std::size_t size = path_.size();
      if (!path_.empty()) path_ += '.';
      path_ += member.key;
      if (member_stays(member, type, resource, depth)) members[kept++] = member;
      path_.resize(size);
    }
    value.truncate(kept);
  }

 private:
  bool member_stays(const Member& member, const Type* type, bool resource, int depth) {
    if (resource &&
        (member.key == "apiVersion" || member.key == "kind" || member.key == "metadata")) {
      return true;
    }
    if (type != nullptr) {
      if (type->shape == Shape::Map) {
        step(member.value, type->element, depth);
        return true;
      }
      if (const Field* field = type->find(member.key)) {
        step(member.value, field->type, depth);
        return true;
      }
      if (type->preserve_unknown || type->shape == Shape::Any) return true;
    }
    if (unknown_ != nullptr) unknown_->unknown_field(path_);
    return false;
  }

  void step(const Value& value, const Type* type, int depth) {
    prune(value, type, type != nullptr && type->embedded_resource, depth + 1);
  }

  StrictErrors* unknown_;
  std::string path_;
};

}  // namespace

void prune(Value object, const Type& type, StrictErrors* unknown) {
  Pruner(unknown).prune(object, &type, true, 0);
}

}  // namespace thole::schema
