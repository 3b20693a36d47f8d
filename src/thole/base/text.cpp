#include "thole/base/text.hpp"

namespace thole::text_detail {

std::string join(const Piece* const* pieces, std::size_t count) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += pieces[i]->text().size();
  std::string all;
  all.reserve(size);
  for (std::size_t i = 0; i < count; ++i) all += pieces[i]->text();
  return all;
}

}  // namespace thole::text_detail
