#include "thole/schema/type.hpp"

namespace thole::schema {

const Field* Type::find(std::string_view json_name) const {
  for (const Field& field : fields) {
    if (field.name == json_name) return &field;
  }
  return nullptr;
}

}  // namespace thole::schema
