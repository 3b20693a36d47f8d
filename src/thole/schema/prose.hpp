#pragma once
// The descriptions of types and fields, unpacked from what the build embedded (embedded_prose).
// They are only needed while a document is made, so whoever makes one unpacks them and lets go.

#include <string>
#include <string_view>
#include <vector>

namespace thole::schema {

class Prose {
 public:
  // None at all, which also is what a damaged archive gives: prose is never worth a failure.
  Prose() = default;
  explicit Prose(std::string_view gzipped);
  Prose(const Prose&) = delete;
  Prose& operator=(const Prose&) = delete;

  bool empty() const { return lines_.empty(); }
  // Empty when nothing is known. `field` is empty for the type itself.
  std::string describe(std::string_view type, std::string_view field = {}) const;

 private:
  std::string text_;
  std::vector<std::string_view> lines_;  // Sorted: "type\tfield\tdescription".
};

}  // namespace thole::schema
